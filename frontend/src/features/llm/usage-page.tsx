import { keepPreviousData } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Coins } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { useFormat } from "@/i18n/format";
import { Button } from "@/ui/button";
import { Segment } from "@/ui/choice";
import { useFailureWords } from "@/ui/failure";
import { Empty, ErrorPanel, ListBones } from "@/ui/feedback";
import { useTitle } from "@/ui/hooks";
import { Page, PageHead } from "@/ui/page";
import { Select } from "@/ui/select";
import { Table, Td, Th, Tr } from "@/ui/table";
import { toast } from "@/ui/toast";
import { KeyState } from "./key-field";
import { useLlmStatus } from "./queries";
import { askerKey } from "./usage";

const route = getRouteApi("/shell/usage");
const SPANS = { week: 7, month: 30, all: null } as const;
type Span = keyof typeof SPANS;
/** Rows of a page. */
const PAGE = 100;
const ALL = "all";

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
  const page = Math.max(1, view.page ?? 1);
  const offset = (page - 1) * PAGE;
  const of = view.generation;
  const usage = api.useQuery(
    "get",
    "/api/v1/llm/usage",
    {
      params: {
        query: { since: since(span), limit: PAGE, offset, ...(of ? { generation_id: of } : {}) },
      },
    },
    { placeholderData: keepPreviousData },
  );
  const generations = api.useQuery("get", "/api/v1/generations", {
    params: { query: { limit: 200 } },
  });
  const names = new Map(generations.data?.items.map((each) => [each.id, each.dataset_name]));
  const named = (id: string) => {
    const found = generations.data?.items.find((each) => each.id === id);
    return found
      ? `${found.dataset_name} · ${format.dateTime(found.created_at)}`
      : t("llm.usage.generation");
  };
  const choices = new Set(
    generations.data?.items.filter((each) => each.llm).map((each) => each.id),
  );
  if (of) choices.add(of);
  const { items, total = 0, totals } = usage.data ?? {};
  const turn = (to: number) =>
    void navigate({
      search: (before) => ({ ...before, page: to > 1 ? to : undefined }),
      replace: true,
    });
  return (
    <Page>
      <PageHead title={t("llm.usage.title")} description={t("llm.usage.words")} />
      <Status />
      <div className="mb-5 flex flex-wrap items-center gap-3">
        <Segment
          label={t("llm.usage.span")}
          value={span}
          onChange={(next) =>
            void navigate({
              search: (before) => ({
                ...before,
                span: next === "month" ? undefined : next,
                page: undefined,
              }),
              replace: true,
            })
          }
          options={(Object.keys(SPANS) as Span[]).map((value) => ({
            value,
            label: t(`llm.usage.spans.${value}`),
          }))}
        />
        <Select
          aria-label={t("llm.usage.which")}
          size="sm"
          className="w-72 max-w-full"
          value={of ?? ALL}
          onChange={(next) =>
            void navigate({
              search: (before) => ({
                ...before,
                generation: next === ALL ? undefined : next,
                page: undefined,
              }),
              replace: true,
            })
          }
          options={[
            { value: ALL, label: t("llm.usage.allGenerations") },
            ...[...choices].map((value) => ({ value, label: named(value) })),
          ]}
        />
      </div>
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
              ...(totals.unanswered_usd > 0
                ? [[t("llm.usage.unanswered"), format.dollars(totals.unanswered_usd)]]
                : []),
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
                      ) : (
                        <span className={item.asked_by === "generation" ? "text-ink-3" : ""}>
                          {t(askerKey(item))}
                        </span>
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
          {total > PAGE && (
            <nav
              aria-label={t("llm.usage.pages")}
              className="mt-3 flex items-center gap-3 text-xs text-ink-3"
            >
              {t("generations.someOf", {
                done: `${format.number(offset + 1)}–${format.number(offset + items.length)}`,
                total: format.number(total),
              })}
              <Button size="xs" disabled={page === 1} onClick={() => turn(page - 1)}>
                {t("llm.usage.later")}
              </Button>
              <Button
                size="xs"
                busy={usage.isFetching}
                disabled={offset + items.length >= total}
                onClick={() => turn(page + 1)}
              >
                {t("llm.usage.earlier")}
              </Button>
            </nav>
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
      <AskAgain />
    </section>
  );
}

/** A model that had no more answers is asked again once somebody says so. */
function AskAgain() {
  const { t } = useTranslation();
  const again = api.useMutation("post", "/api/v1/llm/ask-again");
  const failure = useFailureWords();
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 text-xs">
      <Button
        size="xs"
        busy={again.isPending}
        onClick={() =>
          again.mutate(
            {},
            {
              onSuccess: ({ questions }) => toast(t("llm.usage.askedAgain", { count: questions })),
              onError: (error) => toast(failure(error), undefined, "danger"),
            },
          )
        }
      >
        {t("llm.usage.askAgain")}
      </Button>
      <p className="max-w-140 text-ink-3">{t("llm.usage.askAgainWords")}</p>
    </div>
  );
}
