import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import { Badge, type Tone } from "@/ui/mark";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Sentence } from "@/ui/words";
import { KeyState } from "./key-field";
import { type PoolSums, sumOf } from "./pools";
import type { Pool } from "./types";

const STATES: Record<Pool["state"], Tone> = {
  answered: "success",
  waiting: "warning",
  fallback: "neutral",
};

/** `≈ 12 calls · 21,000 tokens · USD 0.012`, with what of it is not known. */
export function useCostWords(): (sums: PoolSums) => string {
  const { t } = useTranslation();
  const format = useFormat();
  return (sums) => {
    if (sums.isOpen && sums.calls === 0) return t("llm.costOpen");
    return [
      `${sums.isOpen ? "≥" : "≈"} ${t("llm.calls", { count: sums.calls })}`,
      t("llm.tokens", { count: sums.tokens }),
      sums.isUnpriced ? t("llm.noPrice") : format.dollars(sums.cost),
    ].join(" · ");
  };
}

/** The pools of answers that rows draw from: what is asked, what is there, and what the rest costs. */
export function PoolsSection({ pools }: { pools: readonly Pool[] | undefined }) {
  const { t } = useTranslation();
  const costWords = useCostWords();
  if (!pools || pools.length === 0) return null;
  const sums = sumOf(pools);
  return (
    <section className="mt-9" aria-labelledby="plan-llm">
      <div className="mb-2 flex flex-wrap items-baseline gap-x-2">
        <h2 id="plan-llm" className="text-sm">
          {t("llm.plan.title")}
        </h2>
        <span className="text-xs text-ink-3">
          {sums.lacking > 0
            ? t("llm.plan.costs", { cost: costWords(sums) })
            : t("llm.plan.allHeld")}
        </span>
      </div>
      <div
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard
        tabIndex={0}
        role="group"
        aria-label={t("llm.plan.title")}
        className="scroll-thin"
      >
        <Table aria-label={t("llm.plan.title")}>
          <thead>
            <tr>
              <Th>{t("llm.plan.columns")}</Th>
              <Th className="max-md:hidden">{t("llm.plan.prompt")}</Th>
              <Th right>{t("llm.plan.answers")}</Th>
              <Th right className="max-sm:hidden">
                {t("llm.plan.calls")}
              </Th>
              <Th right className="max-sm:hidden">
                {t("llm.plan.tokens")}
              </Th>
              <Th right>{t("llm.plan.cost")}</Th>
              <Th>{t("llm.plan.state")}</Th>
            </tr>
          </thead>
          <tbody>
            {pools.map((pool) => (
              <PoolRow key={`${pool.table} ${pool.columns.join()}`} pool={pool} />
            ))}
          </tbody>
        </Table>
      </div>
      {sums.lacking > 0 && <KeyState className="mt-3 max-w-140">{t("llm.plan.noKey")}</KeyState>}
    </section>
  );
}

function PoolRow({ pool }: { pool: Pool }) {
  const { t } = useTranslation();
  const format = useFormat();
  const number = (value: number | null | undefined) =>
    value == null ? <Unknown /> : format.number(value);
  const tokens =
    pool.prompt_tokens == null && pool.completion_tokens == null
      ? null
      : (pool.prompt_tokens ?? 0) + (pool.completion_tokens ?? 0);
  return (
    <Tr>
      <Td dense className="py-2.5 align-top whitespace-normal!">
        <code className="text-xs break-all">
          {pool.table}.{pool.columns.join(", ")}
        </code>
        {pool.fallback?.map((fallback) => (
          <span key={fallback.column} className="block text-xs text-ink-3">
            {t("llm.plan.fallback", { column: fallback.column })}{" "}
            <Sentence text={fallback.generator} />
          </span>
        ))}
      </Td>
      <Td dense className="max-w-80 py-2.5 align-top whitespace-normal! text-ink-2 max-md:hidden">
        {pool.prompt}
      </Td>
      <Td dense right className="py-2.5 align-top">
        {t("generations.someOf", {
          done: format.number(pool.held),
          total: pool.answers == null ? "?" : format.number(pool.answers),
        })}
        {pool.combinations != null && pool.combinations > 1 && (
          <span className="block text-xs text-ink-3">
            {t("llm.plan.combinations", { count: pool.combinations })}
          </span>
        )}
      </Td>
      <Td dense right className="py-2.5 align-top max-sm:hidden">
        {number(pool.calls)}
      </Td>
      <Td dense right className="py-2.5 align-top max-sm:hidden">
        {number(tokens)}
      </Td>
      <Td dense right className="py-2.5 align-top">
        {pool.cost_usd == null ? <Unknown /> : format.dollars(pool.cost_usd)}
      </Td>
      <Td dense className="py-2.5 align-top">
        <Badge tone={STATES[pool.state]}>{t(`llm.state.${pool.state}`)}</Badge>
      </Td>
    </Tr>
  );
}

/** A figure that nobody can tell before the rows are made, or without prices. */
function Unknown() {
  const { t } = useTranslation();
  return (
    <span className="text-ink-3">
      <span aria-hidden>–</span>
      <span className="sr-only">{t("llm.unknown")}</span>
    </span>
  );
}
