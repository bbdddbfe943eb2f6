import { useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { type ApiProblem, asProblem } from "@/api/problem";
import { signIn } from "@/api/session";
import { Button } from "@/ui/button";
import { useFailureWords } from "@/ui/failure";
import { Note } from "@/ui/feedback";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { PasswordInput } from "./password-input";

export function useProblemWords() {
  const { t } = useTranslation();
  const failureWords = useFailureWords();
  return (problem: ApiProblem): string => {
    if (problem.code === "invalid_credentials") return t("auth.signIn.wrong");
    if (problem.status === 429) {
      return t("auth.signIn.tooMany", { count: problem.retryAfter ?? 60 });
    }
    return failureWords(problem);
  };
}

export function SignInForm({ email = "", onDone }: { email?: string; onDone?: () => void }) {
  const { t } = useTranslation();
  const words = useProblemWords();
  const [failure, setFailure] = useState<ApiProblem | null>(null);
  const form = useForm({ defaultValues: { email, password: "" } });
  const { errors, isSubmitting } = form.formState;
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={form.handleSubmit(async (values) => {
        setFailure(null);
        try {
          await signIn(values.email, values.password);
          onDone?.();
        } catch (error) {
          setFailure(asProblem(error));
          form.setFocus("password", { shouldSelect: true });
        }
      })}
    >
      {failure && (
        <Note tone="danger" role="alert">
          {words(failure)}
        </Note>
      )}
      <Field label={t("auth.email")} error={errors.email && t("auth.required")}>
        {(ids) => (
          <Input
            {...ids}
            {...form.register("email", { required: true })}
            size="lg"
            type="email"
            autoComplete="username"
            autoFocus={email === ""}
          />
        )}
      </Field>
      <Field label={t("auth.password")} error={errors.password && t("auth.required")}>
        {(ids) => (
          <PasswordInput
            {...ids}
            {...form.register("password", { required: true })}
            size="lg"
            autoComplete="current-password"
            data-autofocus={email !== "" || undefined}
          />
        )}
      </Field>
      <Button type="submit" variant="primary" size="lg" busy={isSubmitting}>
        {t("auth.signIn.submit")}
      </Button>
    </form>
  );
}
