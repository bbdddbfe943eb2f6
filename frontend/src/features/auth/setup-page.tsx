import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import clsx from "clsx";
import { useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { client } from "@/api/client";
import { type ApiProblem, asProblem } from "@/api/problem";
import { createFirstUser, useSession } from "@/api/session";
import { useFormat } from "@/i18n/format";
import { useWords } from "@/i18n/words";
import { Button, buttonClass } from "@/ui/button";
import { Note } from "@/ui/feedback";
import { Field } from "@/ui/field";
import { useTitle } from "@/ui/hooks";
import { Input } from "@/ui/input";
import { AuthFrame } from "./auth-frame";
import { PasswordInput } from "./password-input";
import { useProblemWords } from "./sign-in-form";

const LEAST = 12;

function tokenOfHash(): string {
  return new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
}

/** The first account, by the link that the server prints. */
export function SetupPage() {
  const { t } = useTranslation();
  useTitle(t("auth.setup.title"));
  const navigate = useNavigate();
  const session = useSession();
  const [token] = useState(tokenOfHash);
  const setup = useQuery({
    queryKey: ["setup"],
    queryFn: async () => (await client.GET("/api/v1/auth/setup")).data ?? null,
  });
  useEffect(() => {
    if (session.status === "signed_in") void navigate({ to: "/datasets", replace: true });
  }, [session.status, navigate]);

  const done = setup.data?.needed === false;
  return (
    <AuthFrame>
      <h1 className="mb-1 text-2xl">{done ? t("auth.setup.doneTitle") : t("auth.setup.title")}</h1>
      {done ? (
        <>
          <p className="mb-4 text-ink-2">{t("auth.setup.done")}</p>
          <Link to="/" className={buttonClass({ variant: "primary", size: "lg" })}>
            {t("auth.signIn.submit")}
          </Link>
        </>
      ) : token === "" ? (
        <Note tone="warning">{t("auth.setup.noToken")}</Note>
      ) : (
        <SetupForm token={token} />
      )}
    </AuthFrame>
  );
}

function SetupForm({ token }: { token: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useProblemWords();
  const [failure, setFailure] = useState<ApiProblem | null>(null);
  const form = useForm({ defaultValues: { name: "", email: "", password: "" } });
  const { errors, isSubmitting } = form.formState;
  const length = form.watch("password").length;
  const sentenceOf = useWords();
  const problemOf = (field: string) =>
    sentenceOf(failure?.errors.find((problem) => problem.pointer === `/${field}`)?.detail ?? "") ||
    undefined;
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={form.handleSubmit(async (values) => {
        setFailure(null);
        try {
          await createFirstUser({ token, ...values });
        } catch (error) {
          setFailure(asProblem(error));
        }
      })}
    >
      <p className="text-ink-2">{t("auth.setup.words")}</p>
      {failure && (
        <Note tone="danger" role="alert">
          {words(failure)}
        </Note>
      )}
      <Field
        label={t("auth.name")}
        error={(errors.name && t("auth.required")) || problemOf("name")}
      >
        {(ids) => (
          <Input
            {...ids}
            {...form.register("name", { required: true })}
            size="lg"
            autoComplete="name"
            autoFocus
          />
        )}
      </Field>
      <Field
        label={t("auth.email")}
        error={(errors.email && t("auth.emailWrong")) || problemOf("email")}
      >
        {(ids) => (
          <Input
            {...ids}
            {...form.register("email", { required: true, pattern: /^\S+@\S+$/ })}
            size="lg"
            type="email"
            autoComplete="username"
          />
        )}
      </Field>
      <Field
        label={t("auth.password")}
        error={
          (errors.password && t("auth.setup.short", { count: LEAST })) || problemOf("password")
        }
        hint={
          <>
            <span aria-hidden className="mb-1 flex gap-0.5">
              {[0.5, 1, 1.4, 2].map((share) => (
                <span
                  key={share}
                  className={clsx(
                    "h-[3px] w-21 rounded-full",
                    length >= LEAST * share
                      ? length >= LEAST
                        ? "bg-success-solid"
                        : "bg-warning-solid"
                      : "bg-track",
                  )}
                />
              ))}
            </span>
            {t("auth.setup.length", { count: length, least: format.number(LEAST) })}
          </>
        }
      >
        {(ids) => (
          <PasswordInput
            {...ids}
            {...form.register("password", { required: true, minLength: LEAST })}
            size="lg"
            autoComplete="new-password"
          />
        )}
      </Field>
      <Button type="submit" variant="primary" size="lg" busy={isSubmitting}>
        {t("auth.setup.submit")}
      </Button>
      <p className="text-xs text-ink-3">{t("auth.setup.stays")}</p>
    </form>
  );
}
