import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import type { Taken } from "./types";

/** Tokens and money of some calls as words: `2,140 tokens · USD 0.002`. */
export function useTakenWords(): (taken: Taken) => string {
  const { t } = useTranslation();
  const format = useFormat();
  return ({ prompt_tokens, completion_tokens, cost_usd }) =>
    [
      t("llm.tokens", { count: prompt_tokens + completion_tokens }),
      cost_usd == null ? t("llm.noPrice") : format.dollars(cost_usd),
    ].join(" · ");
}
