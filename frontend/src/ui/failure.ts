import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "@/api/problem";
import { useWords } from "@/i18n/words";

/** What a call says that failed, in the language of the interface. */
export function useFailureWords(): (error: unknown) => string {
  const { t } = useTranslation();
  const words = useWords();
  return useCallback(
    (error) => {
      const problem = asProblem(error);
      // A server that has no room says so; any other that does not answer has nothing to say.
      if (problem.unreachable && problem.code !== "unavailable") return t("ui.error.unreachable");
      return problem.detail ? words(problem.detail) : t("ui.error.failed");
    },
    [t, words],
  );
}
