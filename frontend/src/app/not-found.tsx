import { Link } from "@tanstack/react-router";
import { MapPinOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { buttonClass } from "@/ui/button";
import { Empty } from "@/ui/feedback";
import { useTitle } from "@/ui/hooks";
import { Page } from "@/ui/page";

export function NotFound() {
  const { t } = useTranslation();
  useTitle(t("shell.notFound.title"));
  return (
    <main className="flex h-full bg-surface">
      <Page>
        <Empty
          icon={MapPinOff}
          level="h1"
          title={t("shell.notFound.title")}
          actions={
            <Link to="/datasets" className={buttonClass()}>
              {t("shell.notFound.home")}
            </Link>
          }
        >
          {t("shell.notFound.words")}
        </Empty>
      </Page>
    </main>
  );
}
