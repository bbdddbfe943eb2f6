import clsx from "clsx";
import {
  Check,
  ChevronDown,
  CircleAlert,
  GripVertical,
  KeyRound,
  Link2,
  Sigma,
} from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Bars } from "@/ui/bars";
import { Popover } from "@/ui/menu";
import { TypeGlyph } from "@/ui/type-glyph";
import type { ColumnFacts } from "./column-facts";
import { GeneratorPicker } from "./generator-picker";
import type { Cell } from "./grid-keys";
import type { ColumnView, PlacedProblem, TableView } from "./model";
import { ProblemSentence, ProblemTip } from "./problem-fix";
import { coarse, type Shape } from "./shape";
import { isTextUndo } from "./text-undo";
import { TypePicker } from "./type-picker";

export interface Editing {
  row: number;
  cell: Cell;
  /** The character that began the edit and replaces the value. */
  text?: string;
}

interface Props {
  id: string;
  table: TableView;
  column: ColumnView;
  facts: ColumnFacts;
  shape: Shape | undefined;
  stale: boolean;
  cells: readonly Cell[];
  selected: boolean;
  cursor: number | null;
  ring: boolean;
  editing: Editing | null;
  onPoint: (cell: number, extend: boolean) => void;
  onBegin: (cell: Cell) => void;
  onCommit: (cell: Cell, text: string, then: "down" | "right" | "left" | "stay") => void;
  onGiveUp: () => void;
  onGenerator: (generator: Record<string, unknown>) => void;
  onDrop: (from: number) => void;
}

const DRAG = "application/x-column";

/** One column of the schema as a row of the grid. */
export function GridRow(props: Props) {
  const { t } = useTranslation();
  const { column, facts, selected, cursor, cells } = props;
  const [isTarget, setTarget] = useState(false);
  return (
    <tr
      aria-rowindex={column.index + 2}
      aria-selected={selected}
      className={clsx("group", isTarget && "[&>td]:border-b-2 [&>td]:border-b-accent-solid")}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(DRAG)) return;
        event.preventDefault();
        setTarget(true);
      }}
      onDragLeave={() => setTarget(false)}
      onDrop={(event) => {
        event.preventDefault();
        setTarget(false);
        props.onDrop(Number(event.dataTransfer.getData(DRAG)));
      }}
    >
      <td
        draggable
        title={t("modeller.dragRow")}
        className={clsx(
          "relative h-7.5 border-r border-b border-line pr-1.5 text-right tabular-nums",
          selected ? "bg-accent-tint font-semibold text-accent" : "bg-sunken text-ink-3",
        )}
        onDragStart={(event) => {
          event.dataTransfer.setData(DRAG, String(column.index));
          event.dataTransfer.effectAllowed = "move";
        }}
        onClick={(event) => props.onPoint(0, event.shiftKey)}
        onKeyDown={() => undefined}
      >
        <GripVertical
          aria-hidden
          className={clsx(
            "absolute top-2 left-1 size-3.5 text-ink-3",
            selected ? "" : "opacity-0 group-hover:opacity-100",
          )}
          strokeWidth={1.5}
        />
        {column.index + 1}
      </td>
      {cells.map((cell, index) => {
        const problem = problemIn(facts, column, cell);
        const isCursor = cursor === index;
        return (
          <td
            key={cell}
            id={`${props.id}-${cell}`}
            // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the cells of a grid
            role="gridcell"
            tabIndex={isCursor ? 0 : -1}
            data-cursor={isCursor || undefined}
            aria-readonly={cell === "shape" || undefined}
            aria-describedby={problem ? `${props.id}-${cell}-problem` : undefined}
            className={clsx(
              "relative truncate border-r border-b border-line px-2 outline-none last:border-r-0",
              selected ? "bg-accent-tint" : "bg-surface",
              isCursor && props.ring && "shadow-[inset_0_0_0_2px_var(--focus)]",
            )}
            onPointerDown={(event) =>
              event.button === 0 && !props.editing && props.onPoint(index, event.shiftKey)
            }
            onDoubleClick={() => props.onBegin(cell)}
          >
            <CellContent {...props} cell={cell} problem={problem} />
            {problem && (
              <span id={`${props.id}-${cell}-problem`} hidden>
                <ProblemSentence problem={problem.problem} />
              </span>
            )}
          </td>
        );
      })}
    </tr>
  );
}

/** The problem that stands at a cell; one about the whole column stands at its name. */
export function problemIn(
  facts: ColumnFacts,
  column: ColumnView,
  cell: Cell,
): PlacedProblem | undefined {
  return facts.problems.find(({ problem }) => {
    const rest = problem.pointer.slice(column.pointer.length).split("/")[1];
    const deep = problem.pointer.slice(column.pointer.length).split("/")[2];
    switch (cell) {
      case "type":
        return rest === "type" || rest === "precision" || rest === "scale" || rest === "items";
      case "generator":
        return rest === "generator" && (deep === undefined || deep === "type");
      case "parameters":
        return rest === "generator" && deep !== undefined && deep !== "type";
      case "nulls":
        return rest === "null_rate" || rest === "null_when";
      case "unique":
        return rest === "unique";
      case "name":
        return ![
          "type",
          "precision",
          "scale",
          "items",
          "generator",
          "null_rate",
          "null_when",
          "unique",
        ].includes(rest ?? "");
      default:
        return false;
    }
  });
}

function CellContent({
  cell,
  column,
  facts,
  shape,
  stale,
  selected,
  editing,
  problem,
  onCommit,
  onGiveUp,
  onGenerator,
  onBegin,
}: Props & { cell: Cell; problem: PlacedProblem | undefined }) {
  const { t } = useTranslation();
  const isHere = editing?.cell === cell;
  if (isHere && cell === "name")
    return (
      <CellInput
        label={t("modeller.head.name")}
        first={editing.text ?? column.name}
        select={editing.text === undefined}
        onCommit={(text, then) => onCommit(cell, text, then)}
        onGiveUp={onGiveUp}
      />
    );
  if (isHere && cell === "nulls")
    return (
      <CellInput
        label={t("modeller.head.nulls")}
        first={editing.text ?? facts.nulls}
        select={editing.text === undefined}
        onCommit={(text, then) => onCommit(cell, text, then)}
        onGiveUp={onGiveUp}
      />
    );
  const wave =
    problem &&
    (problem.problem.severity === "error"
      ? "underline decoration-wavy decoration-danger-solid decoration-1 underline-offset-3"
      : "underline decoration-wavy decoration-warning-solid decoration-1 underline-offset-3");
  const marked = (content: React.ReactNode) =>
    problem ? (
      <ProblemTip problem={problem.problem}>
        <span className={clsx("min-w-0 truncate", wave)}>{content}</span>
      </ProblemTip>
    ) : (
      content
    );
  const mark = problem && (
    <CircleAlert
      aria-hidden
      className={clsx(
        "ml-auto size-3.5 shrink-0",
        problem.problem.severity === "error" ? "text-danger" : "text-warning",
      )}
      strokeWidth={1.75}
    />
  );

  switch (cell) {
    case "name":
      return (
        <span className="flex items-center gap-1.5">
          <TypeGlyph type={facts.type || "string"} />
          <span className="min-w-0 truncate font-medium">{marked(column.name)}</span>
          {mark}
          {facts.isKey && (
            <KeyRound
              role="img"
              aria-label={t("modeller.primaryKey")}
              className={clsx("size-3.5 shrink-0 text-ink-3", !mark && "ml-auto")}
              strokeWidth={1.5}
            />
          )}
        </span>
      );
    case "type":
      return (
        <>
          <span className={facts.typeIsOwn ? "text-ink-3" : "text-ink"}>{marked(facts.type)}</span>
          {isHere && (
            <Popover
              open
              anchor={<span className="pointer-events-none absolute inset-0" />}
              onOpenChange={(open) => !open && onGiveUp()}
              label={t("modeller.head.type")}
            >
              <TypePicker
                value={String(column.raw.type ?? "")}
                query={editing.text ?? ""}
                own={facts.type}
                onTake={(type) => onCommit("type", type, "right")}
              />
            </Popover>
          )}
        </>
      );
    case "generator":
      return (
        <>
          <span
            className={clsx("flex items-center gap-1.5", facts.source === "auto" && "text-ink-3")}
          >
            {facts.source === "key" && (
              <Link2 aria-hidden className="size-3.5 shrink-0" strokeWidth={1.5} />
            )}
            {facts.source === "rule" && (
              <Sigma aria-hidden className="size-3.5 shrink-0" strokeWidth={1.5} />
            )}
            <span className={clsx("min-w-0 truncate", problem && "text-danger")}>
              {marked(facts.generator)}
            </span>
            {selected && (
              <button
                type="button"
                tabIndex={-1}
                aria-label={t("modeller.picker.title")}
                className="ml-auto grid size-5 shrink-0 place-items-center rounded-sm hover:bg-hover"
                onPointerDown={(event) => event.stopPropagation()}
                onClick={() => onBegin("generator")}
              >
                <ChevronDown aria-hidden className="size-3.5 text-ink-3" strokeWidth={1.5} />
              </button>
            )}
          </span>
          {isHere && (
            <Popover
              open
              anchor={<span className="pointer-events-none absolute inset-0" />}
              onOpenChange={(open) => !open && onGiveUp()}
              label={t("modeller.picker.title")}
            >
              <GeneratorPicker
                target={{
                  name: column.name,
                  value: column.raw.generator,
                  planned: facts.source === "auto" ? facts.generator : undefined,
                  type: facts.type,
                }}
                query={editing.text ?? ""}
                onTake={onGenerator}
                onClose={onGiveUp}
              />
            </Popover>
          )}
        </>
      );
    case "parameters":
      return (
        <span
          className={clsx(
            "flex items-center gap-1.5",
            facts.source === "auto" ? "text-ink-3" : "text-ink-2",
          )}
        >
          <span className="min-w-0 truncate">
            {marked(
              facts.parts.map((part, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: parts of a sentence stand in order
                <span key={index} className={part.sample ? "text-ink-3" : undefined}>
                  {index > 0 && " · "}
                  {part.name && `${part.name} `}
                  {part.code ? <code className="mono">{part.text}</code> : part.text}
                </span>
              )),
            )}
          </span>
          {mark}
        </span>
      );
    case "nulls":
      if (facts.nulls === "") return <span className="text-ink-3">{marked("–")}</span>;
      return (
        <span className="tabular-nums text-ink-2">
          {marked(
            facts.nullsIsCode ? (
              <code className="mono">{t("modeller.when", { sql: facts.nulls })}</code>
            ) : (
              facts.nulls
            ),
          )}
        </span>
      );
    case "unique":
      return facts.unique ? (
        <Check
          role="img"
          aria-label={t("modeller.yes")}
          className="mx-auto size-3.5 text-ink-2"
          strokeWidth={1.75}
        />
      ) : (
        <span className="block text-center text-ink-3">–</span>
      );
    case "shape":
      return shape && shape.bars.length > 0 ? (
        <Bars
          values={coarse(shape.bars)}
          width={66}
          height={18}
          label={t("modeller.shapeOf", { name: column.name })}
          className={clsx(stale && "opacity-50", selected && "[&_rect]:fill-chart-delivered")}
        />
      ) : (
        <span className="text-ink-3">{shape ? "–" : ""}</span>
      );
  }
}

function CellInput({
  label,
  first,
  select,
  onCommit,
  onGiveUp,
}: {
  label: string;
  first: string;
  select: boolean;
  onCommit: (text: string, then: "down" | "right" | "left" | "stay") => void;
  onGiveUp: () => void;
}) {
  const [text, setText] = useState(first);
  const [done, setDone] = useState(false);
  const finish = (then: "down" | "right" | "left" | "stay") => {
    if (done) return;
    setDone(true);
    onCommit(text, then);
  };
  return (
    <input
      // biome-ignore lint/a11y/noAutofocus: the cell was opened to type in
      autoFocus
      aria-label={label}
      className="absolute inset-0 h-full w-full bg-surface px-2 outline-2 -outline-offset-2 outline-focus"
      value={text}
      onFocus={(event) => select && event.currentTarget.select()}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => finish("stay")}
      onKeyDown={(event) => {
        if (isTextUndo(event)) return event.stopPropagation();
        if (!["Enter", "Tab", "Escape"].includes(event.key)) return;
        event.stopPropagation();
        if (event.key === "Enter") finish("down");
        else if (event.key === "Tab") {
          event.preventDefault();
          finish(event.shiftKey ? "left" : "right");
        } else {
          setDone(true);
          onGiveUp();
        }
      }}
    />
  );
}
