import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import { Note } from "@/ui/feedback";
import { Field } from "@/ui/field";
import { NumberInput } from "@/ui/input";
import { KeyState } from "./key-field";
import { sumOf } from "./pools";
import { useCostWords } from "./pools-section";
import { useLlmStatus } from "./queries";
import type { Pool } from "./types";

/** Before a generation that asks a model: what it will cost, and the most that it may. */
export function GenerateCost({
  pools,
  ceiling,
  onCeiling,
}: {
  pools: readonly Pool[] | undefined;
  ceiling: number | null;
  onCeiling: (ceiling: number | null) => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const costWords = useCostWords();
  const status = useLlmStatus();
  if (!pools || pools.length === 0) return null;
  const sums = sumOf(pools);
  const budget = status.data?.budget_usd;
  const most = Math.min(ceiling ?? Number.POSITIVE_INFINITY, budget ?? Number.POSITIVE_INFINITY);
  return (
    <section className="flex flex-col gap-3" aria-labelledby="generate-llm">
      <div>
        <h3 id="generate-llm" className="text-xs font-medium text-ink-2">
          {t("llm.plan.title")}
        </h3>
        <p className="mt-0.5">
          {sums.lacking > 0
            ? t("llm.generate.costs", { cost: costWords(sums) })
            : t("llm.generate.free")}
        </p>
      </div>
      {sums.lacking > 0 && (
        <>
          {sums.cost > most && (
            <Note tone="warning">
              {t("llm.generate.overCeiling", {
                cost: format.dollars(sums.cost),
                ceiling: format.dollars(most),
              })}
            </Note>
          )}
          <Field
            label={t("llm.generate.ceiling")}
            hint={
              budget == null
                ? t("llm.generate.ceilingHint")
                : t("llm.generate.ceilingBudget", { budget: format.dollars(budget) })
            }
          >
            {(ids) => (
              <NumberInput
                {...ids}
                optional
                min={0}
                step={0.1}
                unit="USD"
                className="w-40"
                value={ceiling}
                onChange={onCeiling}
              />
            )}
          </Field>
          <KeyState>
            {pools.every((pool) => pool.state !== "waiting")
              ? t("llm.generate.fallback")
              : t("llm.generate.noKey")}
          </KeyState>
        </>
      )}
    </section>
  );
}
