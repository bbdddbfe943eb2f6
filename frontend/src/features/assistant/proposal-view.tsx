import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { read } from "@/features/modeller/document";
import { tablesOf } from "@/features/modeller/model";
import { applyPatch } from "@/features/modeller/patch";
import { isRecord } from "@/features/modeller/pointer";
import { brief } from "@/features/modeller/summary";
import { compareLines } from "@/features/versions/lines";
import { useFormat } from "@/i18n/format";
import { Button } from "@/ui/button";
import { Checkbox, Segment } from "@/ui/choice";
import { Code } from "@/ui/code";
import { Note } from "@/ui/feedback";
import { Badge, type Tone } from "@/ui/mark";
import { useCandidate } from "./candidate";
import { CandidateProblems, CandidateRows } from "./candidate-view";
import { Hunks } from "./hunks";
import { type Kind, type Piece, patchOf, piecesOf, tableOf } from "./pieces";
import type { AssistantSession, Turn } from "./session";

/** What some pieces make of the draft, and which have no place in it any more. */
export function candidateOf(text: string, pieces: readonly Piece[]) {
  const schema = read(text).value;
  if (!schema) return { text: undefined, unfit: [...pieces] };
  const { operations, unfit } = patchOf(schema, pieces);
  return { text: applyPatch(text, operations), unfit };
}

/** A proposal as a difference against the draft, taken piece by piece, planned and previewed before it is applied. */
export function ProposalView({
  turn,
  session,
  draft,
  version,
  onApply,
}: {
  turn: Turn;
  session: AssistantSession;
  draft: string;
  version: number;
  onApply: (text: string, pieces: Piece[]) => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const [shown, setShown] = useState<"changes" | "yaml">("changes");
  const pieces = useMemo(() => piecesOf(turn.proposal?.pieces ?? []), [turn.proposal]);
  const wanted = useMemo(
    () => pieces.filter((piece) => !turn.refused.has(piece.id)),
    [pieces, turn.refused],
  );
  const made = useMemo(() => candidateOf(draft, wanted), [draft, wanted]);
  const text = made.text ?? draft;
  const tables = useMemo(() => tablesOf(read(text).value ?? {}).map((table) => table.name), [text]);
  const [chosen, setChosen] = useState<string>();
  // What is new is shown first: its rows were never seen.
  const touched = [...wanted]
    .sort((a, b) => Number(a.names.length !== 2) - Number(b.names.length !== 2))
    .map(tableOf)
    .find((name) => name !== undefined && tables.includes(name));
  const table = chosen !== undefined && tables.includes(chosen) ? chosen : (touched ?? tables[0]);
  const candidate = useCandidate(text, table);
  const lines = useMemo(() => compareLines(draft, text), [draft, text]);
  const count = (kind: "add" | "del") => lines.filter((line) => line.kind === kind).length;
  const fits = wanted.length - made.unfit.length;
  const why =
    fits === 0 || made.text === draft
      ? t("assistant.nothingChosen")
      : made.text === undefined
        ? t("modeller.problems.cannotFix")
        : undefined;
  return (
    <section aria-label={t("assistant.proposal")} className="flex min-w-0 grow flex-col lg:min-h-0">
      <header className="flex min-h-14 shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <div className="min-w-48 grow">
          <h2 className="text-sm">{t("assistant.against", { version: format.number(version) })}</h2>
          <p className="text-xs text-ink-3 tabular-nums">
            {t("assistant.pieces", { count: pieces.length })} · +{format.number(count("add"))} −
            {format.number(count("del"))}
          </p>
        </div>
        <Segment
          label={t("assistant.view")}
          value={shown}
          onChange={setShown}
          options={[
            { value: "changes", label: t("versions.changes") },
            { value: "yaml", label: t("assistant.wholeYaml") },
          ]}
        />
        <Button size="md" onClick={() => session.settle(turn.id, "discarded")}>
          {t("assistant.discard")}
        </Button>
        <Button
          size="md"
          variant="primary"
          {...(why === undefined ? {} : { reason: why })}
          onClick={() =>
            made.text !== undefined &&
            onApply(
              made.text,
              wanted.filter((piece) => !made.unfit.includes(piece)),
            )
          }
        >
          {t("assistant.apply", {
            some: format.number(fits),
            count: pieces.length,
          })}
        </Button>
      </header>
      <div className="grow lg:min-h-24 lg:overflow-y-auto">
        <CandidateProblems candidate={candidate} className="m-4" />
        {pieces.length === 0 && (
          <p className="px-4 py-6 text-ink-2">{t("assistant.noDifference")}</p>
        )}
        {made.unfit.length > 0 && made.text !== undefined && shown === "yaml" && (
          <Note tone="warning" className="m-4">
            {t("assistant.unfit")}
          </Note>
        )}
        {shown === "changes" ? (
          <>
            {pieces.length > 1 && (
              <div className="border-b border-line px-4 py-1.5">
                <Checkbox
                  checked={
                    wanted.length === pieces.length
                      ? true
                      : wanted.length > 0 && ("indeterminate" as const)
                  }
                  onChange={(all) =>
                    session.choose(
                      turn.id,
                      pieces.map((piece) => piece.id),
                      all,
                    )
                  }
                >
                  {t("assistant.all")}
                </Checkbox>
              </div>
            )}
            <ul aria-label={t("assistant.piecesLabel")}>
              {pieces.map((piece) => (
                <PieceRow
                  key={`${piece.kind} ${piece.id}`}
                  piece={piece}
                  draft={draft}
                  checked={!turn.refused.has(piece.id)}
                  isUnfit={made.unfit.includes(piece)}
                  onChange={(take) => session.choose(turn.id, [piece.id], take)}
                />
              ))}
            </ul>
          </>
        ) : (
          <Code
            text={text}
            language="yaml"
            label={t("assistant.wholeYaml")}
            className="m-4 overflow-x-auto"
          />
        )}
      </div>
      <CandidateRows
        candidate={candidate}
        tables={tables}
        table={table}
        onTable={setChosen}
        title={t("assistant.preview")}
      />
    </section>
  );
}

const MARKS: Record<Kind, [Tone, string]> = {
  add: ["success", "+"],
  remove: ["danger", "−"],
  change: ["warning", "~"],
  order: ["neutral", "↕"],
};

function PieceRow({
  piece,
  draft,
  checked,
  isUnfit,
  onChange,
}: {
  piece: Piece;
  draft: string;
  checked: boolean;
  isUnfit: boolean;
  onChange: (take: boolean) => void;
}) {
  const { t } = useTranslation();
  const alone = useMemo(() => candidateOf(draft, [piece]), [draft, piece]);
  const name = usePieceName()(piece);
  const hint = useHint()(piece);
  const [tone, sign] = MARKS[piece.kind];
  return (
    <li className="border-b border-line">
      <div className="flex flex-wrap items-center gap-x-2.5 px-4 py-1.5">
        <Checkbox checked={checked} onChange={onChange}>
          <span className="inline-flex items-center gap-2">
            <Badge tone={tone} className="w-5 justify-center px-0!">
              <span aria-hidden>{sign}</span>
              <span className="sr-only">{t(`assistant.did.${piece.kind}`)}</span>
            </Badge>
            <span className="font-medium break-all">{name}</span>
          </span>
        </Checkbox>
        {hint && <span className="min-w-0 truncate text-xs text-ink-3">{hint}</span>}
      </div>
      {isUnfit || alone.unfit.length > 0 ? (
        <Note tone="warning" className="mx-4 mb-2">
          {t("assistant.unfit")}
        </Note>
      ) : (
        alone.text !== undefined && (
          <Hunks
            before={draft}
            after={alone.text}
            label={t("assistant.linesOf", { name })}
            muted={!checked}
            className="mb-2 max-h-80"
          />
        )
      )}
    </li>
  );
}

/** Lists whose elements have a word of their own. */
const LISTS = ["tables", "columns", "foreign_keys", "rules"] as const;

/** What a piece is called: `column customer.tier`. */
export function usePieceName(): (piece: Piece) => string {
  const { t } = useTranslation();
  return ({ names, kind }) => {
    const rest = names[0] === "tables" ? names.slice(1) : names;
    if (kind === "order")
      return t("assistant.orderOf", { name: rest.join(".") || (names[0] ?? "") });
    const depth = names[0] === "tables" ? (names.length === 2 ? 0 : 2) : -1;
    const list =
      names.length === depth + 2 ? LISTS.find((each) => each === names[depth]) : undefined;
    // The list's own name is said by the word for its elements.
    const path = rest.filter((_, at) => !(list && list !== "tables" && at === rest.length - 2));
    return list ? t(`assistant.piece.${list}`, { name: path.join(".") }) : path.join(".");
  };
}

function useHint(): (piece: Piece) => string {
  const { t } = useTranslation();
  return ({ after, before, kind }) => {
    if (kind === "order") return "";
    const value = after ?? before;
    if (!isRecord(value)) return brief(value).slice(0, 120);
    if (Array.isArray(value.columns) && value.columns.every(isRecord))
      return t("datasets.new.columnsRead", { count: value.columns.length });
    if (typeof value.description === "string") return value.description;
    const kindOf = value.generator ?? value.kind ?? value.type;
    return kindOf === undefined ? "" : brief(kindOf);
  };
}
