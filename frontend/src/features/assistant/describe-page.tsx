import { useNavigate } from "@tanstack/react-router";
import { Sparkle, Table2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "@/api/problem";
import { useCanWrite } from "@/api/session";
import { useCreateDataset } from "@/features/datasets/queries";
import { read } from "@/features/modeller/document";
import { type TableView, tablesOf, textOf } from "@/features/modeller/model";
import { brief } from "@/features/modeller/summary";
import { useFormat } from "@/i18n/format";
import { Button } from "@/ui/button";
import { Segment } from "@/ui/choice";
import { Code } from "@/ui/code";
import { useFailureWords } from "@/ui/failure";
import { Empty, Note } from "@/ui/feedback";
import { useTitle } from "@/ui/hooks";
import { ProblemList } from "@/ui/problems";
import { useCandidate } from "./candidate";
import { CandidateProblems, CandidateRows, errorsOf } from "./candidate-view";
import { Conversation } from "./conversation";
import { forgetSession, openTurn, sessionOf, useTurns } from "./session";

/** The conversation that no dataset has come of yet. */
const NEW = "new";

/** A new dataset from words: each wish changes what was proposed before, until it is created. */
export function DescribePage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const canWrite = useCanWrite();
  useTitle(t("assistant.describe.title"));
  const [session] = useState(() => sessionOf(NEW));
  const open = openTurn(useTurns(session));
  const text = open?.proposal?.schema_text ?? null;
  return (
    <div className="flex min-h-0 min-w-0 grow max-lg:flex-col max-lg:overflow-y-auto">
      <Conversation
        session={session}
        title={<h1 className="text-sm">{t("assistant.describe.title")}</h1>}
        intro={t("assistant.describe.intro")}
        placeholder={t("assistant.describe.placeholder")}
        examples={[t("assistant.describe.example.shop"), t("assistant.describe.example.school")]}
        reason={canWrite ? undefined : t("ui.error.forbidden")}
        onAsk={(words, samples) => void session.ask({ words, base: text, samples })}
        onClose={() => void navigate({ to: "/datasets" })}
      />
      {text === null ? (
        <div className="min-w-0 grow px-6 max-lg:border-t max-lg:border-line">
          <Empty icon={Sparkle} title={t("assistant.describe.empty")}>
            {t("assistant.describe.emptyWords")}
          </Empty>
        </div>
      ) : (
        <NewProposal key={open?.id} text={text} name={open?.proposal?.name ?? undefined} />
      )}
    </div>
  );
}

function NewProposal({ text, name }: { text: string; name: string | undefined }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const create = useCreateDataset();
  const failureWords = useFailureWords();
  const [shown, setShown] = useState<"tables" | "yaml">("tables");
  const schema = useMemo(() => read(text).value ?? {}, [text]);
  const tables = useMemo(() => tablesOf(schema), [schema]);
  const [chosen, setChosen] = useState<string>();
  const table = chosen ?? [...tables].sort((a, b) => b.columns.length - a.columns.length)[0]?.name;
  const candidate = useCandidate(text, table);
  const errors = errorsOf(candidate);
  const failure = create.error && asProblem(create.error);
  const submit = () =>
    create.mutate(
      { schema_text: text, media_type: "application/yaml" },
      {
        onSuccess: (dataset) => {
          forgetSession(NEW);
          void navigate({ to: "/datasets/$datasetId/schema", params: { datasetId: dataset.id } });
        },
      },
    );
  return (
    <section aria-label={t("assistant.proposal")} className="flex min-w-0 grow flex-col lg:min-h-0">
      <header className="flex min-h-14 shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <div className="min-w-48 grow">
          <h2 className="text-sm">{name ?? textOf(schema.name)}</h2>
          <p className="text-xs text-ink-3">
            {t("datasets.tables", { count: tables.length })} · {t("assistant.describe.unsaved")}
          </p>
        </div>
        <Segment
          label={t("assistant.view")}
          value={shown}
          onChange={setShown}
          options={[
            { value: "tables", label: t("modeller.tables") },
            { value: "yaml", label: "YAML" },
          ]}
        />
        <Button
          size="md"
          variant="primary"
          busy={create.isPending}
          {...(errors > 0 ? { reason: t("modeller.bar.cannotPlan", { count: errors }) } : {})}
          onClick={submit}
        >
          {t("datasets.new.create")}
        </Button>
      </header>
      <div className="grow lg:min-h-24 lg:overflow-y-auto">
        {failure && (
          <Note tone="danger" role="alert" className="m-4">
            {failure.errors.length > 0 ? (
              <ProblemList problems={failure.errors} />
            ) : (
              failureWords(failure)
            )}
          </Note>
        )}
        <CandidateProblems candidate={candidate} className="m-4" />
        {shown === "tables" ? (
          <ul aria-label={t("modeller.tables")}>
            {tables.map((each) => (
              <TableSummary key={each.index} table={each} />
            ))}
          </ul>
        ) : (
          <Code text={text} language="yaml" label="YAML" className="m-4 overflow-x-auto" />
        )}
      </div>
      <CandidateRows
        candidate={candidate}
        tables={tables.map((each) => each.name)}
        table={table}
        onTable={setChosen}
        title={t("modeller.preview.title")}
      />
    </section>
  );
}

/** A table as it is proposed: what fills its columns, its keys and rules. */
function TableSummary({ table }: { table: TableView }) {
  const { t } = useTranslation();
  const format = useFormat();
  const rows = table.raw.rows;
  return (
    <li className="border-b border-line px-4 py-3">
      <h3 className="flex flex-wrap items-center gap-x-2">
        <Table2 aria-hidden className="size-4 text-ink-3" strokeWidth={1.5} />
        {table.name}
        <span className="text-xs font-normal text-ink-3">
          {typeof rows === "number"
            ? t("datasets.rowsOf", { count: rows })
            : rows === undefined
              ? t("generate.from.parents", {
                  parents: format.list(table.keys.map((key) => key.parent)),
                })
              : brief(rows)}
          {table.rules.length > 0 && ` · ${t("assistant.rules", { count: table.rules.length })}`}
        </span>
      </h3>
      <ul className="mt-1.5 flex flex-wrap gap-x-4 gap-y-1 pl-6 text-xs">
        {table.columns.map((column) => (
          <li key={column.index}>
            <span className="font-medium">{column.name}</span>{" "}
            <span className="text-ink-3">{column.generator ?? textOf(column.raw.type)}</span>
          </li>
        ))}
      </ul>
    </li>
  );
}
