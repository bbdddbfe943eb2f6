import { CircleAlert, CircleCheck, CloudOff, LoaderCircle } from "lucide-react";
import { useTranslation } from "react-i18next";
import { NoteList } from "@/features/llm/notes";
import type { PreviewData } from "@/features/modeller/requests";
import { useFormat } from "@/i18n/format";
import { Note } from "@/ui/feedback";
import { State } from "@/ui/mark";
import { ProblemList } from "@/ui/problems";
import { SampleRows } from "@/ui/sample-rows";
import { Select } from "@/ui/select";
import type { Candidate } from "./candidate";

/** Whether it plans, in a word. */
export function CandidateState({ candidate }: { candidate: Candidate }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { plan, settled } = candidate;
  if (!plan && candidate.error)
    return (
      <State tone="warning" icon={CloudOff}>
        {t("modeller.bar.unreachable")}
      </State>
    );
  if (!plan || !settled)
    return (
      <State tone="neutral" icon={LoaderCircle} spinning>
        {t("assistant.planning")}
      </State>
    );
  const errors = errorsOf(candidate);
  return errors > 0 ? (
    <State tone="danger" icon={CircleAlert}>
      {t("modeller.bar.problems", { count: errors })}
    </State>
  ) : (
    <State tone="success" icon={CircleCheck}>
      {t("modeller.bar.plans", { time: format.number(Math.max(1, Math.round(plan.ms))) })}
    </State>
  );
}

export function errorsOf({ plan }: Candidate): number {
  return plan?.problems.filter((problem) => problem.severity === "error").length ?? 0;
}

/** What the plan says of it: problems first, then what is to be known. */
export function CandidateProblems({
  candidate,
  className,
}: {
  candidate: Candidate;
  className?: string;
}) {
  const problems = candidate.plan?.problems ?? [];
  if (problems.length === 0) return null;
  return (
    <Note tone={errorsOf(candidate) > 0 ? "danger" : "warning"} {...(className && { className })}>
      <ProblemList problems={problems} />
    </Note>
  );
}

/** Rows of one of its tables, as a generation would deliver them. */
export function CandidateRows({
  candidate,
  tables,
  table,
  onTable,
  title,
}: {
  candidate: Candidate;
  tables: string[];
  table: string | undefined;
  onTable: (table: string) => void;
  title: string;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const { rows } = candidate;
  return (
    <section aria-label={title} className="flex shrink-0 flex-col border-t border-line">
      <header className="flex min-h-10 flex-wrap items-center gap-x-2.5 gap-y-1 border-b border-line px-4 py-1 text-xs text-ink-3">
        <h3 className="text-ink">{title}</h3>
        {table !== undefined && tables.length > 1 && (
          <Select
            size="sm"
            aria-label={t("assistant.previewTable")}
            value={table}
            onChange={onTable}
            options={tables.map((name) => ({ value: name, label: name }))}
            className="w-44"
          />
        )}
        {rows && (
          <span>
            {tables.length === 1 && `${table} · `}
            {t("modeller.preview.range", {
              to: format.number(rows.rows.length),
              total: format.number(rows.total),
            })}
          </span>
        )}
        <span className="ml-auto">
          <CandidateState candidate={candidate} />
        </span>
      </header>
      {rows ? (
        <Rows data={rows} label={title} />
      ) : (
        <p className="p-4 text-ink-3">{t("modeller.preview.none")}</p>
      )}
      {rows && <NoteList notes={rows.notes} className="m-3" />}
    </section>
  );
}

function Rows({ data, label }: { data: PreviewData; label: string }) {
  return (
    <div
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
      tabIndex={0}
      role="group"
      aria-label={label}
      className="scroll-thin max-h-64 -outline-offset-2"
    >
      <SampleRows data={data} className="w-max min-w-full" />
    </div>
  );
}
