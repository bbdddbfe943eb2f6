import { keepPreviousData } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Coins } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { useFormat } from "@/i18n/format";
import { Button } from "@/ui/button";
import { Segment } from "@/ui/choice";
import { Empty, ErrorPanel, ListBones } from "@/ui/feedback";
import { useTitle } from "@/ui/hooks";
import { Page, PageHead } from "@/ui/page";
import { Table, Td, Th, Tr } from "@/ui/table";
import { KeyState } from "./key-field";
import { useLlmStatus } from "./queries";

const route = getRouteApi("/shell/usage");
const SPANS = { week: 7, month: 30, all: null } as const;
type Span = keyof typeof SPANS;
/** Rows that are fetched at once, and at most. */
const [PAGE, MOST] = [100, 500];

/** The start of a span of days, at midnight, so that the question stays the same for a day. */
function since(span: Span, now = new Date()): string | undefined {
  const days = SPANS[span];
  if (days === null) return undefined;
  const start = new Date(now);
  start.setUTCHours(0, 0, 0, 0);
  start.setUTCDate(start.getUTCDate() - days);
  return start.toISOString();
}

/** Tokens and money that language models took: in all, and by generation and column. */
export function UsagePage() {
  const { t } = useTranslation();
  const format = useFormat();
  useTitle(t("llm.usage.title"));
  const navigate = useNavigate({ from: "/usage" });
  const view = route.useSearch();
  const span: Span = view.span === "week" || view.span === "all" ? view.span : "month";
  const limit = Math.min(MOST, view.limit ?? PAGE);
  const usage = api.useQuery(
    "get",
    "/api/v1/llm/usage",
    { params: { query: { since: since(span), limit } } },
    { placeholderData: keepPreviousData },
  );
  const generations = api.useQuery("get", "/api/v1/generations", {
    params: { query: { limit: 200 } },
  });
  const names = new Map(generations.data?.items.map((each) => [each.id, each.dataset_name]));
  const { items, total, totals } = usage.data ?? {};
  return (
    <Page>
      <PageHead title={t("llm.usage.title")} description={t("llm.usage.words")} />
      <Status />
      <Segment
        label={t("llm.usage.span")}
        value={span}
        onChange={(next) =>
          void navigate({
            search: { span: next === "month" ? undefined : next, limit: undefined },
            replace: true,
          })
        }
        options={(Object.keys(SPANS) as Span[]).map((value) => ({
          value,
          label: t(`llm.usage.spans.${value}`),
        }))}
        className="mb-5"
      />
      {usage.error && !items ? (
        <ErrorPanel error={usage.error} onRetry={() => void usage.refetch()} />
      ) : !items || !totals ? (
        <ListBones />
      ) : items.length === 0 ? (
        <Empty icon={Coins} title={t("llm.usage.empty")}>
          {t("llm.usage.emptyWords")}
        </Empty>
      ) : (
        <>
          <dl className="mb-6 flex flex-wrap gap-x-12 gap-y-3 [&_dd]:text-2xl [&_dd]:font-semibold [&_dd]:tracking-tight [&_dd]:tabular-nums [&_dt]:text-xs [&_dt]:text-ink-3">
            {[
              [t("llm.plan.cost"), format.dollars(totals.cost_usd)],
              [t("llm.plan.calls"), format.number(totals.calls)],
              [t("llm.usage.sent"), format.number(totals.prompt_tokens)],
              [t("llm.usage.received"), format.number(totals.completion_tokens)],
            ].map(([label, value]) => (
              <div key={label} className="flex flex-col-reverse">
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          <Table aria-label={t("llm.usage.title")}>
            <thead>
              <tr>
                <Th>{t("llm.usage.generation")}</Th>
                <Th className="max-sm:hidden">{t("llm.usage.column")}</Th>
                <Th className="max-lg:hidden">{t("llm.usage.model")}</Th>
                <Th right className="max-md:hidden">
                  {t("llm.plan.calls")}
                </Th>
                <Th right className="max-md:hidden">
                  {t("llm.usage.sent")}
                </Th>
                <Th right className="max-md:hidden">
                  {t("llm.usage.received")}
                </Th>
                <Th right>{t("llm.plan.cost")}</Th>
                <Th className="max-md:hidden">{t("llm.usage.when")}</Th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => {
                const column = [item.table, item.column].filter(Boolean).join(".");
                return (
                  <Tr key={item.id}>
                    <Td dense className="max-w-56 py-1 whitespace-normal!">
                      {item.generation_id ? (
                        <Link
                          to="/generations/$generationId"
                          params={{ generationId: item.generation_id }}
                          className="font-medium text-ink hover:underline"
                        >
                          {names.get(item.generation_id) ?? t("llm.usage.generation")}
                        </Link>
                      ) : column === "" ? (
                        t("assistant.title")
                      ) : (
                        <span className="text-ink-3">{t("llm.usage.noGeneration")}</span>
                      )}
                      <code className="block text-xs break-all text-ink-3 sm:hidden">{column}</code>
                    </Td>
                    <Td dense className="max-w-72 truncate max-sm:hidden">
                      <code className="text-xs">{column}</code>
                    </Td>
                    <Td dense className="max-w-48 truncate text-ink-2 max-lg:hidden">
                      {item.model}
                    </Td>
                    <Td dense right className="max-md:hidden">
                      {format.number(item.calls)}
                    </Td>
                    <Td dense right className="max-md:hidden">
                      {format.number(item.prompt_tokens)}
                    </Td>
                    <Td dense right className="max-md:hidden">
                      {format.number(item.completion_tokens)}
                    </Td>
                    <Td dense right>
                      {format.dollars(item.cost_usd)}
                    </Td>
                    <Td dense className="text-ink-2 max-md:hidden">
                      <time dateTime={item.created_at} title={format.dateTime(item.created_at)}>
                        {format.relative(item.created_at)}
                      </time>
                    </Td>
                  </Tr>
                );
              })}
            </tbody>
          </Table>
          {total !== undefined && total > items.length && (
            <p className="mt-3 flex items-center gap-3 text-xs text-ink-3">
              {t("generations.someOf", {
                done: format.number(items.length),
                total: format.number(total),
              })}
              {limit < MOST && (
                <Button
                  size="xs"
                  busy={usage.isFetching}
                  onClick={() =>
                    void navigate({
                      search: (before) => ({ ...before, limit: Math.min(MOST, limit + PAGE) }),
                      replace: true,
                    })
                  }
                >
                  {t("llm.usage.more")}
                </Button>
              )}
            </p>
          )}
        </>
      )}
    </Page>
  );
}

/** Which model is asked, and what bounds its cost. */
function Status() {
  const { t } = useTranslation();
  const format = useFormat();
  const status = useLlmStatus();
  const { data } = status;
  if (!data) return null;
  const facts = [
    [t("llm.usage.model"), data.model],
    [t("llm.usage.server"), data.base_url_host],
    [
      t("llm.usage.budget"),
      data.budget_usd == null ? t("llm.usage.noBudget") : format.dollars(data.budget_usd),
    ],
    [t("llm.usage.key"), data.configured ? t("llm.usage.ownKey") : t("llm.usage.noKey")],
  ];
  return (
    <section
      aria-label={t("llm.usage.status")}
      className="mb-6 flex flex-col gap-3 rounded-lg border border-line p-4"
    >
      <dl className="flex flex-wrap gap-x-10 gap-y-2 text-xs [&_dt]:text-ink-3">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className="break-all">{value}</dd>
          </div>
        ))}
      </dl>
      {!data.price_known && <p className="text-xs text-ink-2">{t("llm.usage.priceUnknown")}</p>}
      <KeyState className="max-w-140" />
    </section>
  );
}
