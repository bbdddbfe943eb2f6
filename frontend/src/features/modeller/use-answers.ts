import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "@/api/problem";
import { placeOf } from "./document";
import type { Draft } from "./draft";
import type { PlacedProblem } from "./model";
import { type PreviewData, type Report, requestPlan, requestRows } from "./requests";
import { type Shape, shapeOf } from "./shape";

const PREVIEW_DELAY = 60;
const PLAN_DELAY = 300;
const SHAPE_DELAY = 240;
export const FIRST_ROWS = 20;
const SAMPLE_ROWS = 1000;
const BARS = 28;

/** Asks the server a while after a text last changed; a newer question cancels the older. */
function useAnswer<T>(key: string | null, delay: number, ask: (signal: AbortSignal) => Promise<T>) {
  const [state, setState] = useState<{ key: string | null; data?: T; error?: unknown; ms: number }>(
    { key: null, ms: 0 },
  );
  const [turn, setTurn] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the question is what its key says; `turn` asks it again
  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      const start = performance.now();
      try {
        const data = await latest.current(abort.signal);
        setState({ key, data, ms: performance.now() - start });
      } catch (error) {
        if (!abort.signal.aborted) setState((old) => ({ ...old, key, error }));
      }
    }, delay);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, delay, turn]);
  const again = () => setTurn((old) => old + 1);
  return { ...state, pending: key !== null && state.key !== key, again };
}

export interface PlanAnswer {
  report: Report | undefined;
  problems: PlacedProblem[];
  ms: number;
  pending: boolean;
  /** The server gave no answer; edits go on without problems and preview. */
  unreachable: boolean;
}

/** The plan of the draft: its problems with their places, and the last report that held. */
export function usePlan(draft: Draft): PlanAnswer {
  const [last, setLast] = useState<Report>();
  const holds = draft.reading.value !== undefined;
  const answer = useAnswer(holds ? draft.text : null, PLAN_DELAY, (signal) =>
    requestPlan(draft.text, signal),
  );
  useEffect(() => {
    if (answer.data?.report) setLast(answer.data.report);
  }, [answer.data]);
  const syntax = useSettledSyntax(draft);
  const problems = useMemo(() => {
    if (syntax.length > 0) return syntax;
    return (answer.data?.problems ?? []).map((problem) => {
      const place = placeOf(draft.text, problem.pointer, problem.code === "unknown_key");
      return { problem, ...place };
    });
  }, [syntax, answer.data, draft.text]);
  return {
    report: answer.data?.report ?? last,
    problems,
    ms: answer.ms,
    pending: answer.pending,
    unreachable: answer.error !== undefined && asProblem(answer.error).unreachable,
  };
}

/** Mistakes of the syntax, told once typing has stopped. */
function useSettledSyntax(draft: Draft): PlacedProblem[] {
  const { t, i18n } = useTranslation();
  const [told, setTold] = useState<PlacedProblem[]>([]);
  useEffect(() => {
    const problems = draft.reading.errors.map(({ code, detail, from, to }) => {
      const words = i18n.exists(`modeller.syntax.${code}`) ? t(`modeller.syntax.${code}`) : detail;
      return {
        problem: {
          code: "syntax",
          severity: "error" as const,
          pointer: "",
          detail: words,
          params: {},
        },
        from,
        to,
      };
    });
    if (problems.length === 0) {
      setTold((old) => (old.length === 0 ? old : []));
      return;
    }
    const timer = setTimeout(() => setTold(problems), PLAN_DELAY);
    return () => clearTimeout(timer);
  }, [draft.reading, t, i18n]);
  return told;
}

export interface PreviewAnswer {
  data: PreviewData | undefined;
  /** Cells, as `row column`, whose value is not what it was in the answer before. */
  changed: ReadonlySet<string>;
  /** The rows are those of the last draft that held. */
  stale: boolean;
  ms: number;
  more: () => void;
  again: () => void;
  error: unknown;
}

const NONE: ReadonlySet<string> = new Set();

function changedCells(before: PreviewData | undefined, after: PreviewData): ReadonlySet<string> {
  if (!before || before.table !== after.table) return NONE;
  const known = new Set(before.columns.map((column) => column.name));
  const changed = new Set<string>();
  after.rows.slice(0, before.rows.length).forEach((row, at) => {
    const old = before.rows[at];
    for (const { name } of after.columns) {
      if (known.has(name) && JSON.stringify(old?.[name]) !== JSON.stringify(row[name]))
        changed.add(`${at} ${name}`);
    }
  });
  return changed;
}

/** The first rows of a table, asked anew at each change; the last good ones stay while the draft does not hold. */
export function usePreview(draft: Draft, table: string | undefined): PreviewAnswer {
  const [rows, setRows] = useState(FIRST_ROWS);
  const [shown, setShown] = useState<{
    data: PreviewData | undefined;
    changed: ReadonlySet<string>;
  }>({ data: undefined, changed: NONE });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another table begins with its first rows again
  useEffect(() => setRows(FIRST_ROWS), [table]);
  const key = draft.reading.value && table ? `${table}\n${rows}\n${draft.text}` : null;
  const answer = useAnswer(key, PREVIEW_DELAY, (signal) =>
    requestRows({ schema_text: draft.text }, table ?? "", rows, signal),
  );
  useEffect(() => {
    const data = answer.data;
    if (data) setShown((old) => ({ data, changed: changedCells(old.data, data) }));
  }, [answer.data]);
  const data = shown.data?.table === table ? shown.data : undefined;
  return {
    data,
    changed: shown.changed,
    stale: draft.reading.value === undefined || answer.error !== undefined,
    ms: answer.ms,
    more: () => setRows((old) => Math.min(SAMPLE_ROWS, old + 60)),
    again: answer.again,
    error: answer.error,
  };
}

/** The shape of each column of a table over its first thousand rows. */
export function useShapes(draft: Draft, table: string | undefined): Map<string, Shape> {
  const key = draft.reading.value && table ? `${table}\n${draft.text}` : null;
  const answer = useAnswer(key, SHAPE_DELAY, (signal) =>
    requestRows({ schema_text: draft.text }, table ?? "", SAMPLE_ROWS, signal),
  );
  const [last, setLast] = useState<PreviewData>();
  useEffect(() => {
    if (answer.data) setLast(answer.data);
  }, [answer.data]);
  return useMemo(() => {
    if (!last || last.table !== table) return new Map();
    return new Map(
      last.columns.map((column) => [
        column.name,
        shapeOf(
          last.rows.map((row) => row[column.name]),
          column.type,
          BARS,
        ),
      ]),
    );
  }, [last, table]);
}
