import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { useFormat } from "@/i18n/format";
import { Meter } from "@/ui/mark";

/** How far the pools of a generation are filled, before its first row. */
export function AnswersMeter({
  answers,
}: {
  answers: Schemas["AnswersProgress"] | null | undefined;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!answers) return null;
  const { done, wanted, calls, cost_usd, expected_cost_usd } = answers;
  return (
    <section aria-label={t("llm.progress.title")} className="mt-5">
      <div className="mb-1.5 flex flex-wrap items-baseline gap-x-2 text-xs">
        <h2 className="text-sm">{t("llm.progress.title")}</h2>
        <span className="text-ink-3 tabular-nums">
          {t("generations.someOf", { done: format.number(done), total: format.number(wanted) })} ·{" "}
          {t("llm.calls", { count: calls })}
          {cost_usd != null &&
            ` · ${t("llm.progress.cost", {
              spent: format.dollars(cost_usd),
              expected: format.dollars(expected_cost_usd ?? cost_usd),
            })}`}
        </span>
      </div>
      <Meter
        thick
        value={wanted > 0 ? done / wanted : 1}
        label={t("llm.progress.title")}
        tone="accent"
      />
      <p className="mt-1.5 text-xs text-ink-3">{t("llm.progress.words")}</p>
    </section>
  );
}
