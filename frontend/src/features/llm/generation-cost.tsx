import { Link } from "@tanstack/react-router";
import { Fragment, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { useFormat } from "@/i18n/format";
import { Sentence } from "@/ui/words";
import { useTakenWords } from "./taken";
import { takenBy } from "./usage";

/** What a generation took of a language model, in all and by column, for the pane beside it. */
export function GenerationCost({
  id,
  llm,
}: {
  id: string;
  llm: Schemas["GenerationLlm"] | null | undefined;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const takenWords = useTakenWords();
  const calls = llm?.calls ?? 0;
  const usage = api.useQuery(
    "get",
    "/api/v1/llm/usage",
    { params: { query: { generation_id: id, limit: 500 } } },
    { enabled: calls > 0 },
  );
  const { refetch } = usage;
  useEffect(() => {
    // More calls are more to tell.
    if (calls > 0) void refetch();
  }, [calls, refetch]);
  if (!llm) return null;
  const tokens = llm.prompt_tokens + llm.completion_tokens;
  return (
    <section>
      <h2 className="mb-2 text-sm">{t("llm.plan.title")}</h2>
      <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1 text-xs [&_dd]:text-right [&_dd]:tabular-nums [&_dt]:text-ink-3">
        <dt>{t("llm.usage.model")}</dt>
        <dd>{llm.model}</dd>
        {llm.ceiling_usd != null && (
          <>
            <dt>{t("llm.generate.ceiling")}</dt>
            <dd>{format.dollars(llm.ceiling_usd)}</dd>
          </>
        )}
        <dt>{t("llm.plan.calls")}</dt>
        <dd>{format.number(llm.calls)}</dd>
        <dt>{t("llm.plan.tokens")}</dt>
        <dd>{format.number(tokens)}</dd>
        <dt>{t("llm.plan.cost")}</dt>
        <dd>{llm.cost_usd == null ? t("llm.noPrice") : format.dollars(llm.cost_usd)}</dd>
        {llm.pools.map((pool) => {
          const odd = (
            ["duplicates", "invalid", "refusals", "exhausted", "failed"] as const
          ).filter((key) => pool[key]);
          return (
            <Fragment key={`${pool.table} ${pool.columns.join()}`}>
              <dt className="mono break-all">
                {pool.table}.{pool.columns.join(", ")}
              </dt>
              <dd>
                {t("llm.answers", { count: pool.answers })}
                {usage.data && (
                  <span className="block text-ink-2">
                    {takenWords(takenBy(usage.data.items, pool, llm.cost_usd != null))}
                  </span>
                )}
                {odd.map((key) => (
                  <span key={key} className="block text-ink-3">
                    {t(`llm.odd.${key}`, { count: pool[key] })}
                  </span>
                ))}
                {pool.failure && (
                  <span className="block text-ink-3">
                    <Sentence text={pool.failure} />
                  </span>
                )}
              </dd>
            </Fragment>
          );
        })}
      </dl>
      {llm.calls === 0 && llm.pools.length > 0 && llm.pools.every((pool) => pool.failed === 0) && (
        <p className="mt-1 text-xs text-ink-3">{t("llm.kept")}</p>
      )}
      {llm.calls > 0 && (
        <Link
          to="/usage"
          search={{ span: "all", generation: id }}
          className="mt-2 inline-block text-xs text-ink-2 underline hover:text-ink"
        >
          {t("llm.usage.ofThis")}
        </Link>
      )}
    </section>
  );
}
