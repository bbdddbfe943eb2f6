import { useQuery } from "@tanstack/react-query";
import { Trans, useTranslation } from "react-i18next";
import { client } from "@/api/client";
import { Note } from "@/ui/feedback";
import { useTitle } from "@/ui/hooks";
import { AuthFrame } from "./auth-frame";
import { SignInForm } from "./sign-in-form";

export function SignInPage() {
  const { t } = useTranslation();
  useTitle(t("auth.signIn.title"));
  const setup = useQuery({
    queryKey: ["setup"],
    queryFn: async () => (await client.GET("/api/v1/auth/setup")).data ?? null,
  });
  return (
    <AuthFrame>
      <h1 className="mb-4 text-2xl">{t("auth.signIn.title")}</h1>
      {setup.data?.needed && (
        <Note tone="warning" className="mb-4">
          {t("auth.signIn.setupNeeded")}
        </Note>
      )}
      <SignInForm />
      <p className="mt-4 text-xs text-ink-3">
        <Trans i18nKey="auth.signIn.lost" components={{ code: <code className="text-ink-2" /> }} />
      </p>
    </AuthFrame>
  );
}
