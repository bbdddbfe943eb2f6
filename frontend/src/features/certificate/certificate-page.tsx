import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { CircleCheck, CircleX, FileText, Search, Table2, Terminal } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { NoteList } from "@/features/llm/notes";
import { useFormat } from "@/i18n/format";
import { Button } from "@/ui/button";
import { Segment } from "@/ui/choice";
import { CopyButton } from "@/ui/code";
import { useFailureWords } from "@/ui/failure";
import { ErrorPanel, ListBones, Note } from "@/ui/feedback";
import { useTitle } from "@/ui/hooks";
import { Input } from "@/ui/input";
import { toast } from "@/ui/toast";
import { Distributions } from "./distributions";
import { downloadCertificate, useCertificate } from "./queries";
import { StatementHead, StatementRow } from "./statement-row";
import { arrange, groupOf, type Statement } from "./statements";

const route = getRouteApi("/shell/generations/$generationId/certificate");
const GROUPS = ["all", "rules", "keys", "values"] as const;
type Group = (typeof GROUPS)[number];

/** The verdict as a sentence, then every statement; each opens to its SQL and counts. */
export function CertificatePage() {
  const { t } = useTranslation();
  const { generationId } = route.useParams();
  const view = route.useSearch();
  const navigate = useNavigate({ from: "/generations/$generationId/certificate" });
  const certificate = useCertificate(generationId);
  const generation = api.useQuery("get", "/api/v1/generations/{id}", {
    params: { path: { id: generationId } },
  });
  useTitle(t("generations.tabs.certificate"), generation.data?.dataset_name);
  if (certificate.error && !certificate.data) {
    return (
      <div className="px-9 max-sm:px-4">
        <ErrorPanel error={certificate.error} onRetry={() => void certificate.refetch()} />
      </div>
    );
  }
  if (!certificate.data) {
    return (
      <div className="px-9 py-7 max-sm:px-4">
        <ListBones />
      </div>
    );
  }
  const results = certificate.data.results as Statement[];
  const group: Group = GROUPS.find((each) => each === view.kind) ?? "all";
  const search = view.search ?? "";
  const arranged = arrange(results, { group, search });
  const count = (of: Group) =>
    of === "all" ? results.length : results.filter((result) => groupOf(result) === of).length;
  const look = (next: { search?: string; kind?: string }) =>
    void navigate({ search: (before) => ({ ...before, ...next }), replace: true });

  return (
    <div className="flex min-h-0 grow max-lg:flex-col max-lg:overflow-y-auto">
      <div className="min-w-0 grow px-9 py-7 max-sm:px-4 lg:overflow-y-auto">
        <Verdict
          generationId={generationId}
          results={results}
          rows={certificate.data.tables.reduce((sum, table) => sum + table.rows, 0)}
          name={certificate.data.dataset}
        />
        <NoteList notes={certificate.data.notes} className="mb-4" />
        <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
          <Segment
            label={t("certificate.groups.label")}
            value={group}
            onChange={(kind) => look({ kind: kind === "all" ? undefined : kind })}
            options={GROUPS.filter((each) => each === "all" || count(each) > 0).map((value) => ({
              value,
              label: t(`certificate.groups.${value}`),
              count: count(value),
            }))}
          />
          <Input
            size="sm"
            icon={Search}
            type="search"
            aria-label={t("certificate.search")}
            placeholder={t("certificate.search")}
            value={search}
            onChange={(event) => look({ search: event.currentTarget.value || undefined })}
            className="w-56 max-sm:w-full"
          />
        </div>
        {arranged.length === 0 && (
          <p className="py-6 text-ink-2">
            {t("certificate.noMatch", { search })}{" "}
            <Button size="xs" onClick={() => look({ search: undefined, kind: undefined })}>
              {t("ui.clear")}
            </Button>
          </p>
        )}
        {arranged.length > 0 && <StatementHead />}
        {arranged.map(({ table, statements }) => (
          <section key={table} className="border-t border-line" aria-label={table}>
            <h2 className="flex h-8 items-center gap-2 border-b border-line bg-sunken px-2 text-xs font-medium">
              <Table2 aria-hidden className="size-3.5 text-ink-3" strokeWidth={1.5} />
              {table}
            </h2>
            <ul>
              {statements.map((statement) => (
                <StatementRow
                  key={statement.id}
                  generationId={generationId}
                  statement={statement}
                  ids={results.map((result) => result.id)}
                  startsOpen={(statement.broken ?? 0) > 0 || view.open === statement.id}
                />
              ))}
            </ul>
          </section>
        ))}
        <Distributions fits={certificate.data.distributions ?? []} />
      </div>
      <FactsPane
        certificate={certificate.data}
        hash={generation.data?.content_hash ?? null}
        version={generation.data?.version}
      />
    </div>
  );
}

function Verdict({
  generationId,
  results,
  rows,
  name,
}: {
  generationId: string;
  results: Statement[];
  rows: number;
  name: string;
}) {
  const { t } = useTranslation();
  const failureWords = useFailureWords();
  const [busy, setBusy] = useState<string | null>(null);
  const broken = results.filter((result) => (result.broken ?? 0) > 0).length;
  const unproved = results.filter((result) => result.unproved).length;
  const Icon = broken > 0 ? CircleX : CircleCheck;
  const download = (format: "html" | "json" | "sql", file: string) => {
    setBusy(format);
    downloadCertificate(generationId, format, file)
      .catch((error: unknown) => toast(failureWords(error), undefined, "danger"))
      .finally(() => setBusy(null));
  };
  return (
    <header className="mb-5 flex flex-wrap items-center gap-4">
      <Icon
        aria-hidden
        className={`size-14 shrink-0 max-sm:size-10 ${broken > 0 ? "text-danger-solid" : "text-success-solid"}`}
        strokeWidth={1.25}
      />
      <div className="min-w-60 grow">
        <h1 className="text-2xl max-sm:text-xl">
          {broken > 0
            ? t("certificate.verdict.broken", { count: broken, all: results.length })
            : t("certificate.verdict.holds", { count: results.length - unproved })}
        </h1>
        <p className="text-ink-2">
          {t("certificate.verdict.words", { count: rows })}
          {unproved > 0 && ` ${t("certificate.verdict.unproved", { count: unproved })}`}
        </p>
      </div>
      <div className="flex gap-2">
        <Button
          size="md"
          icon={FileText}
          busy={busy === "html"}
          onClick={() => download("html", `${name}.certificate.html`)}
        >
          HTML
        </Button>
        <Button
          size="md"
          icon={FileText}
          busy={busy === "json"}
          onClick={() => download("json", `${name}.certificate.json`)}
        >
          JSON
        </Button>
        <Button
          size="md"
          icon={Terminal}
          busy={busy === "sql"}
          onClick={() => download("sql", `${name}.verify.sql`)}
        >
          SQL
        </Button>
      </div>
    </header>
  );
}

function FactsPane({
  certificate,
  hash,
  version,
}: {
  certificate: {
    dataset: string;
    seed?: number | null;
    reference_time: string;
    engine_version: string;
    tables: { name: string; rows: number }[];
  };
  hash: string | null;
  version: number | undefined;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <aside
      aria-label={t("certificate.facts.title")}
      className="flex shrink-0 flex-col gap-5 border-line p-5 max-lg:border-t max-lg:px-9 max-sm:px-4 lg:w-70 lg:overflow-y-auto lg:border-l"
    >
      <section>
        <h2 className="mb-2 text-sm">{t("certificate.facts.title")}</h2>
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-xs [&_dd]:text-right [&_dd]:tabular-nums [&_dt]:text-ink-3">
          {version !== undefined && (
            <>
              <dt>{t("certificate.facts.version")}</dt>
              <dd>{format.number(version)}</dd>
            </>
          )}
          {certificate.seed != null && (
            <>
              <dt>{t("certificate.facts.seed")}</dt>
              <dd>{certificate.seed}</dd>
            </>
          )}
          <dt>{t("certificate.facts.today")}</dt>
          <dd>{certificate.reference_time.slice(0, 10)}</dd>
          <dt>{t("certificate.facts.engine")}</dt>
          <dd>{certificate.engine_version}</dd>
        </dl>
      </section>
      <section>
        <h2 className="mb-2 text-sm">{t("certificate.facts.checked")}</h2>
        <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1 text-xs [&_dd]:text-right [&_dd]:tabular-nums">
          {certificate.tables.map((table) => (
            <div key={table.name} className="contents">
              <dt className="truncate text-ink-2">{table.name}</dt>
              <dd>{format.number(table.rows)}</dd>
            </div>
          ))}
        </dl>
      </section>
      {hash && (
        <section>
          <div className="mb-1 flex items-center justify-between">
            <h2 className="text-sm">{t("certificate.facts.hash")}</h2>
            <CopyButton small text={hash} />
          </div>
          <p className="font-mono text-2xs break-all text-ink-2">{hash}</p>
          <p className="mt-1 text-xs text-ink-3">{t("certificate.facts.hashWords")}</p>
        </section>
      )}
      <Note>{t("certificate.facts.sqlWords")}</Note>
    </aside>
  );
}
