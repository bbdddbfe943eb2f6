import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { asProblem } from "@/api/problem";
import { SqlField } from "@/forms/sql-field";
import { useFormat } from "@/i18n/format";
import { Button } from "@/ui/button";
import { CellValue, cellText } from "@/ui/cell";
import { CopyButton } from "@/ui/code";
import { ErrorPanel, ListBones, Note } from "@/ui/feedback";
import { useTitle } from "@/ui/hooks";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Sentence } from "@/ui/words";
import { sqlName, statementAt, tabbed } from "./statements";

const route = getRouteApi("/shell/generations/$generationId/sql");

/** Rows that are shown of an answer. */
const SHOWN = 1000;

/** SQL over a generation's tables: the statement at the cursor, its rows, and what was read for them. */
export function SqlPage() {
  const { t } = useTranslation();
  const { generationId } = route.useParams();
  const generation = api.useQuery("get", "/api/v1/generations/{id}", {
    params: { path: { id: generationId } },
  });
  const tables = api.useQuery(
    "get",
    "/api/v1/generations/{id}/tables",
    { params: { path: { id: generationId } } },
    { staleTime: Number.POSITIVE_INFINITY },
  );
  useTitle(t("sql.title"), generation.data?.dataset_name);
  if (tables.error && !tables.data) {
    return (
      <div className="px-9 max-sm:px-4">
        <ErrorPanel error={tables.error} onRetry={() => void tables.refetch()} />
      </div>
    );
  }
  if (!tables.data) {
    return (
      <div className="grow p-6">
        <ListBones rows={8} />
      </div>
    );
  }
  return <Workbench generationId={generationId} tables={tables.data.items} />;
}

function Workbench({
  generationId,
  tables,
}: {
  generationId: string;
  tables: Schemas["GeneratedTable"][];
}) {
  const { t } = useTranslation();
  const view = route.useSearch();
  const navigate = useNavigate({ from: "/generations/$generationId/sql" });
  const first = tables[0];
  const [text, setText] = useState(
    view.sql ?? (first ? `SELECT *\nFROM ${sqlName(first.name)}\nLIMIT 100` : ""),
  );
  const cursor = useRef(0);
  const question = api.useMutation("post", "/api/v1/generations/{id}/query");
  const names = [
    ...tables.map((table) => sqlName(table.name)),
    ...new Set(tables.flatMap((table) => table.columns.map((column) => sqlName(column.name)))),
  ];
  const run = () => {
    const sql = statementAt(text, cursor.current);
    if (sql === null || question.isPending) return;
    void navigate({ search: { sql: text }, replace: true });
    question.mutate({
      params: { path: { id: generationId } },
      body: { sql, limit: SHOWN, timeout_ms: null },
    });
  };
  const problem = question.error ? asProblem(question.error) : null;
  const told = problem?.errors[0];
  return (
    <section aria-labelledby="sql-title" className="flex min-h-0 min-w-0 grow flex-col">
      <header className="flex min-h-10 shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        <h1 id="sql-title" className="text-sm">
          {t("sql.title")}
        </h1>
        <span className="ml-auto text-xs text-ink-2 max-sm:hidden">{t("sql.bounds")}</span>
        <Button
          variant="primary"
          icon={Play}
          busy={question.isPending}
          keys="⌘↵"
          aria-keyshortcuts="Meta+Enter Control+Enter"
          onClick={run}
        >
          {t("sql.run")}
        </Button>
      </header>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the field inside hears the keys; this only listens along */}
      <div
        className="shrink-0 border-b border-line p-3"
        onSelect={(event) => {
          if (event.target instanceof HTMLTextAreaElement)
            cursor.current = event.target.selectionStart;
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
          event.preventDefault();
          if (event.target instanceof HTMLTextAreaElement)
            cursor.current = event.target.selectionStart;
          run();
        }}
      >
        <SqlField
          aria-label={t("sql.statement")}
          value={text}
          onChange={(sql) => setText(sql ?? "")}
          names={names}
        />
      </div>
      {problem ? (
        <div className="p-4">
          {told ? (
            <Note tone="danger" role="alert">
              <p>
                <Sentence text={told.detail} />
              </p>
              {told.remedy && (
                <p className="text-ink-2">
                  <Sentence text={told.remedy} />
                </p>
              )}
            </Note>
          ) : (
            <ErrorPanel error={problem} onRetry={run} />
          )}
        </div>
      ) : question.data ? (
        <Answer answer={question.data} />
      ) : question.isPending ? (
        <div className="p-4">
          <ListBones rows={8} />
        </div>
      ) : (
        <p className="p-4 text-ink-2">{t("sql.hint")}</p>
      )}
    </section>
  );
}

function Answer({ answer }: { answer: Schemas["QueryAnswer"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const read = answer.read.map((each) =>
    t("sql.readTable", { count: each.rows, table: each.table }),
  );
  const texts = () =>
    tabbed(
      answer.columns.map((column) => column.name),
      answer.rows.map((row) => row.map(cellText)),
    );
  return (
    <>
      <div
        role="status"
        className="flex min-h-9 shrink-0 flex-wrap items-center gap-x-3 border-b border-line px-4 text-xs text-ink-2"
      >
        <span className="font-medium text-ink tabular-nums">
          {answer.is_cut
            ? t("sql.firstRows", { count: answer.rows.length })
            : t("sql.rows", { count: answer.rows.length })}{" "}
          · {format.duration(answer.duration_ms / 1000)}
        </span>
        <span>
          {read.length > 0 ? t("sql.read", { tables: format.list(read) }) : t("sql.readNothing")}
        </span>
        {answer.rows.length > 0 && (
          <span className="ml-auto">
            <CopyButton text={texts()} label={t("sql.copy")} />
          </span>
        )}
      </div>
      {answer.rows.length === 0 ? (
        <p className="p-4 text-ink-2">{t("sql.noRows")}</p>
      ) : (
        <div
          role="region"
          aria-label={t("sql.answer")}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard
          tabIndex={0}
          className="min-h-0 grow overflow-auto"
        >
          <Table className="text-xs">
            <thead className="sticky top-0 z-(--z-sticky) bg-sunken">
              <tr>
                {answer.columns.map((column, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: two columns may have one name
                  <Th key={at} right={column.is_number} className="pt-2">
                    {column.name}
                  </Th>
                ))}
              </tr>
            </thead>
            <tbody>
              {answer.rows.map((row, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
                <Tr key={at}>
                  {row.map((cell, place) => (
                    <Td
                      // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
                      key={place}
                      right={answer.columns[place]?.is_number ?? false}
                      className="h-7! max-w-96 truncate"
                    >
                      <CellValue value={cell} />
                    </Td>
                  ))}
                </Tr>
              ))}
            </tbody>
          </Table>
        </div>
      )}
    </>
  );
}
