import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, client, fetchText, type Schemas } from "@/api/client";
import { asProblem, type Problem } from "@/api/problem";
import { PoolsSection } from "@/features/llm/pools-section";
import { useFormat } from "@/i18n/format";
import { buttonClass } from "@/ui/button";
import { Code, CopyButton } from "@/ui/code";
import { ErrorPanel, ListBones, Note } from "@/ui/feedback";
import { useTitle } from "@/ui/hooks";
import { Badge, Meter, type Tone } from "@/ui/mark";
import { ProblemList } from "@/ui/problems";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Sentence } from "@/ui/words";

type PlanReport = Schemas["PlanReport"];

const HELD: [string, Tone][] = [
  ["derived", "success"],
  ["by_construction", "success"],
  ["projected", "accent"],
  ["redrawn", "warning"],
  ["checked_only", "neutral"],
];
const toneOf = (held: string): Tone => HELD.find(([name]) => name === held)?.[1] ?? "neutral";

/** What the saved version will do: its order, what was chosen for it, how its rules hold, or what contradicts what. */
export function PlanPage() {
  const { t } = useTranslation();
  const { datasetId } = useParams({ from: "/shell/datasets/$datasetId/plan" });
  const dataset = api.useQuery("get", "/api/v1/datasets/{id}", {
    params: { path: { id: datasetId } },
  });
  useTitle(t("datasets.tabs.plan"), dataset.data?.name);
  const version = dataset.data?.version;
  const plan = useQuery({
    queryKey: ["plan-page", datasetId, version],
    enabled: version !== undefined,
    queryFn: async ({ signal }) => {
      const { text } = await fetchText(`/api/v1/datasets/${datasetId}/schema?version=${version}`, {
        signal,
      });
      const { data } = await client.POST("/api/v1/plan", { body: { schema_text: text }, signal });
      return data as PlanReport;
    },
  });
  const failure = plan.error ? asProblem(plan.error) : null;
  if (failure && failure.errors.length === 0) {
    return (
      <div className="px-9 max-sm:px-4">
        <ErrorPanel error={failure} onRetry={() => void plan.refetch()} />
      </div>
    );
  }
  if (failure) {
    return (
      <div className="px-9 py-7 max-sm:px-4">
        <Contradiction problems={failure.errors} datasetId={datasetId} />
      </div>
    );
  }
  if (!plan.data) {
    return (
      <div className="px-9 py-7 max-sm:px-4">
        <ListBones />
      </div>
    );
  }
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard
      tabIndex={0}
      aria-label={t("datasets.tabs.plan")}
      className="flex min-h-0 grow max-lg:flex-col max-lg:overflow-y-auto"
    >
      <div className="min-w-0 grow px-9 py-7 max-sm:px-4 lg:overflow-y-auto">
        <h1 className="sr-only">{t("datasets.tabs.plan")}</h1>
        {plan.data.warnings.length > 0 && (
          <Note tone="warning" className="mb-6">
            <p className="font-medium text-ink">
              {t("plan.warnings", { count: plan.data.warnings.length })}
            </p>
            <ProblemList problems={plan.data.warnings} />
          </Note>
        )}
        <FillOrder plan={plan.data} />
        <Rules plan={plan.data} />
        <PoolsSection pools={plan.data.llm} />
        <Diagram text={plan.data.diagram} />
      </div>
      <PlanPane plan={plan.data} />
    </section>
  );
}

function Contradiction({ problems, datasetId }: { problems: Problem[]; datasetId: string }) {
  const { t } = useTranslation();
  return (
    <section className="overflow-hidden rounded-lg border border-danger-line">
      <header className="flex flex-wrap items-start gap-3 bg-danger-tint px-5 py-4">
        <TriangleAlert aria-hidden className="mt-1 size-4 text-danger" strokeWidth={1.75} />
        <div className="min-w-0 grow">
          <h1 className="text-lg">{t("plan.problems", { count: problems.length })}</h1>
          <p className="text-ink-2">{t("plan.problemsWords")}</p>
        </div>
        <Link
          to="/datasets/$datasetId/schema"
          params={{ datasetId }}
          className={buttonClass({ size: "md" })}
        >
          {t("plan.toSchema")}
        </Link>
      </header>
      <div className="px-5 py-2">
        <ProblemList problems={problems} />
      </div>
    </section>
  );
}

function FillOrder({ plan }: { plan: PlanReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const order = plan.load_order.flatMap(
    (name) => plan.tables.find((table) => table.name === name) ?? [],
  );
  return (
    <section className="mb-9">
      <div className="mb-2 flex flex-wrap items-baseline gap-x-2">
        <h2 className="text-sm">{t("plan.order.title")}</h2>
        <span className="text-xs text-ink-3">{t("plan.order.words")}</span>
      </div>
      <Table aria-label={t("plan.order.title")}>
        <thead>
          <tr>
            <Th className="w-8">
              <span className="sr-only">{t("plan.order.place")}</span>
            </Th>
            <Th>{t("plan.order.table")}</Th>
            <Th right>{t("plan.order.rows")}</Th>
            <Th>{t("plan.order.columns")}</Th>
            <Th right className="max-sm:hidden">
              {t("plan.order.rules")}
            </Th>
          </tr>
        </thead>
        <tbody>
          {order.map((table, at) => (
            <Tr key={table.name}>
              <Td dense className="text-ink-3 tabular-nums">
                {format.number(at + 1)}
              </Td>
              <Td dense className="py-1.5 font-medium">
                {table.name}
                {table.parents.length > 0 && (
                  <span className="block text-xs font-normal text-ink-3">
                    {t("plan.order.after", { parents: format.list(table.parents) })}
                  </span>
                )}
              </Td>
              <Td dense right>
                {format.number(table.rows)}
              </Td>
              <Td dense className="py-2 whitespace-normal!">
                <code className="text-xs text-ink-2">{table.fill_order.join(", ")}</code>
              </Td>
              <Td dense right className="text-ink-2 max-sm:hidden">
                {format.number(plan.rules.filter((rule) => rule.table === table.name).length)}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

function Rules({ plan }: { plan: PlanReport }) {
  const { t } = useTranslation();
  if (plan.rules.length === 0) return null;
  return (
    <section>
      <div className="mb-2 flex flex-wrap items-baseline gap-x-2">
        <h2 className="text-sm">{t("plan.rules.title")}</h2>
        <span className="text-xs text-ink-3">{t("plan.rules.words")}</span>
      </div>
      <Table aria-label={t("plan.rules.title")}>
        <thead>
          <tr>
            <Th>{t("plan.rules.rule")}</Th>
            <Th className="max-sm:hidden">{t("plan.order.table")}</Th>
            <Th className="max-md:hidden">{t("plan.rules.kind")}</Th>
            <Th>{t("plan.rules.held")}</Th>
            <Th className="max-md:hidden">{t("plan.rules.note")}</Th>
          </tr>
        </thead>
        <tbody>
          {plan.rules.map((rule) => (
            <Tr key={`${rule.table} ${rule.id}`}>
              <Td dense className="max-w-60 truncate">
                <code className="text-xs">{rule.id}</code>
              </Td>
              <Td dense className="max-sm:hidden">
                {rule.table}
              </Td>
              <Td dense className="max-md:hidden">
                <code className="text-xs text-ink-2">{rule.kind}</code>
              </Td>
              <Td dense>
                <Badge tone={toneOf(rule.held)}>{t(`plan.held.${rule.held}`)}</Badge>
              </Td>
              <Td dense className="py-2 whitespace-normal! text-ink-2 max-md:hidden">
                {rule.note && <Sentence text={rule.note} />}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

/** Tables and keys in the language of Mermaid, which wikis and code hosts draw. */
function Diagram({ text }: { text: string }) {
  const { t } = useTranslation();
  return (
    <section className="mt-9">
      <div className="mb-2 flex flex-wrap items-center gap-x-2">
        <h2 className="text-sm">{t("plan.diagram.title")}</h2>
        <span className="grow text-xs text-ink-3">{t("plan.diagram.words")}</span>
        <CopyButton text={text} label={t("plan.diagram.copy")} />
      </div>
      <Code
        text={text}
        language="plain"
        label={t("plan.diagram.title")}
        className="max-h-80 overflow-auto"
      />
    </section>
  );
}

function PlanPane({ plan }: { plan: PlanReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const columns = plan.tables.flatMap((table) =>
    table.columns.map((column) => ({ ...column, table: table.name, rows: table.rows })),
  );
  const chosen = columns.filter((column) => column.reason);
  // A capacity matters where values may not repeat.
  const tight = columns
    .filter((column) => column.capacity && /unique|primary/.test(column.key))
    .map((column) => ({ ...column, share: column.rows / Number(column.capacity) }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 8);
  const moved = columns
    .flatMap(({ table, name, shift }) => (shift ? [{ table, name, shift }] : []))
    .sort((a, b) => b.shift.distance - a.shift.distance)
    .slice(0, 12);
  const counts = HELD.map(([held]) => ({
    held,
    count: plan.rules.filter((rule) => rule.held === held).length,
  }));
  // Tables are made one after the other.
  const inFlight = Math.max(0, ...plan.tables.map((table) => table.run_bytes));
  const holders = plan.tables
    .filter((table) => table.held_bytes > 0)
    .sort((a, b) => b.held_bytes - a.held_bytes)
    .slice(0, 8);
  const most = Math.max(1, ...counts.map(({ count }) => count));
  return (
    <aside
      aria-label={t("plan.pane")}
      className="flex shrink-0 flex-col gap-6 border-line p-5 max-lg:border-t max-lg:px-9 max-sm:px-4 lg:w-78 lg:overflow-y-auto lg:border-l"
    >
      {plan.rules.length > 0 && (
        <Section title={t("plan.heldTitle")}>
          <dl className="grid grid-cols-[auto_1fr_auto] items-center gap-x-3 gap-y-1.5 text-xs">
            {counts.map(({ held, count }) => (
              <Fragment key={held}>
                <dt className="text-ink-2">{t(`plan.held.${held}`)}</dt>
                <dd aria-hidden>
                  <span
                    className="block h-2 rounded-xs bg-chart-fill"
                    style={{ width: `${(count / most) * 100}%` }}
                  />
                </dd>
                <dd className="text-right tabular-nums">{format.number(count)}</dd>
              </Fragment>
            ))}
          </dl>
        </Section>
      )}
      {chosen.length > 0 && (
        <Section title={t("plan.chosen")}>
          <ul className="flex flex-col gap-2 text-xs">
            {chosen.map((column) => (
              <li key={`${column.table}.${column.name}`}>
                <span className="flex min-w-0 flex-wrap items-center gap-x-2">
                  <code className="break-all">
                    {column.table}.{column.name}
                  </code>
                  <span aria-hidden className="text-ink-3">
                    →
                  </span>
                  <span className="font-medium">{column.generator}</span>
                </span>
                <Sentence className="text-ink-3" text={column.reason ?? ""} />
              </li>
            ))}
          </ul>
        </Section>
      )}
      {moved.length > 0 && (
        <Section title={t("plan.moved")}>
          <ul className="flex flex-col gap-2 text-xs">
            {moved.map(({ table, name, shift }) => (
              <li key={`${table}.${name}`}>
                <span className="flex justify-between gap-3">
                  <code className="truncate">
                    {table}.{name}
                  </code>
                  <span className="whitespace-nowrap text-ink-3 tabular-nums">
                    {t("plan.movedBy", { share: format.percent(shift.distance) })}
                  </span>
                </span>
                <span className="text-ink-3">
                  {shift.value == null
                    ? t("plan.movedMean", { before: shift.before, after: shift.after })
                    : t("plan.movedShare", {
                        value: shift.value,
                        before: shift.before,
                        after: shift.after,
                      })}
                </span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {tight.length > 0 && (
        <Section title={t("plan.capacity")}>
          <ul className="flex flex-col gap-2.5 text-xs">
            {tight.map((column) => (
              <li key={`${column.table}.${column.name}`}>
                <span className="flex justify-between gap-3">
                  <code className="truncate">
                    {column.table}.{column.name}
                  </code>
                  <span className="whitespace-nowrap text-ink-3 tabular-nums">
                    {t("plan.capacityOf", {
                      rows: format.number(column.rows),
                      capacity: format.compact(Number(column.capacity)),
                    })}
                  </span>
                </span>
                <Meter
                  value={column.share}
                  tone={column.share > 0.9 ? "danger" : "accent"}
                  label={`${column.table}.${column.name}`}
                  className="mt-1"
                />
                {column.note && <Sentence className="mt-1 block text-ink-3" text={column.note} />}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title={t("plan.memory.title")}>
        <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1 text-xs [&_dd]:text-right [&_dd]:tabular-nums [&_dt]:text-ink-3">
          <dt>{t("plan.memory.inFlight")}</dt>
          <dd>{format.bytes(inFlight)}</dd>
          <dt>{t("plan.memory.held")}</dt>
          <dd>{format.bytes(plan.held_bytes)}</dd>
          {holders.map((table) => (
            <Fragment key={table.name}>
              <dt className="truncate pl-3">{table.name}</dt>
              <dd>{format.bytes(table.held_bytes)}</dd>
            </Fragment>
          ))}
        </dl>
      </Section>
      <Section title={t("plan.facts.title")}>
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-xs [&_dd]:text-right [&_dd]:tabular-nums [&_dt]:text-ink-3">
          <dt>{t("plan.facts.seed")}</dt>
          <dd>{plan.seed}</dd>
          <dt>{t("plan.facts.today")}</dt>
          <dd>{plan.reference_time.slice(0, 10)}</dd>
          <dt>{t("plan.facts.locale")}</dt>
          <dd>{plan.locale}</dd>
          <dt>{t("plan.facts.engine")}</dt>
          <dd>{plan.engine_version}</dd>
        </dl>
      </Section>
    </aside>
  );
}

function Section({ title, children }: { title: ReactNode; children: ReactNode }) {
  return (
    <section>
      <h2 className="mb-2 text-sm">{title}</h2>
      {children}
    </section>
  );
}
