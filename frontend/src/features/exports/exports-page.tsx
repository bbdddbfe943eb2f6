import { Link } from "@tanstack/react-router";
import { Download, Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, buttonClass } from "@/ui/button";
import { Empty, ErrorPanel, ListBones } from "@/ui/feedback";
import { useTitle } from "@/ui/hooks";
import { Input } from "@/ui/input";
import { Page, PageHead } from "@/ui/page";
import { ExportsTable } from "./exports-table";
import { useExports } from "./queries";

/** The files of all generations. */
export function ExportsPage() {
  const { t } = useTranslation();
  useTitle(t("exports.title"));
  const exports = useExports();
  const [search, setSearch] = useState("");
  const items = exports.data?.items;
  const words = search.trim().toLowerCase();
  const shown = items?.filter((each) =>
    `${each.file_name ?? ""} ${each.dataset_name} ${each.format}`.toLowerCase().includes(words),
  );
  return (
    <Page>
      <PageHead
        title={t("exports.title")}
        actions={
          items &&
          items.length > 0 && (
            <Input
              icon={Search}
              type="search"
              aria-label={t("exports.search")}
              placeholder={t("exports.search")}
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
              className="w-64 max-sm:w-full"
            />
          )
        }
      />
      {exports.error && !items ? (
        <ErrorPanel error={exports.error} onRetry={() => void exports.refetch()} />
      ) : !shown ? (
        <ListBones tall />
      ) : items?.length === 0 ? (
        <Empty
          icon={Download}
          title={t("exports.empty.title")}
          actions={
            <Link to="/generations" className={buttonClass()}>
              {t("exports.empty.way")}
            </Link>
          }
        >
          {t("exports.empty.words")}
        </Empty>
      ) : shown.length === 0 ? (
        <Empty
          title={t("exports.noMatch", { search })}
          actions={<Button onClick={() => setSearch("")}>{t("ui.clear")}</Button>}
        />
      ) : (
        <ExportsTable exports={shown} named />
      )}
    </Page>
  );
}
