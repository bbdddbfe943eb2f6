import { useVirtualizer } from "@tanstack/react-virtual";
import clsx from "clsx";
import { ArrowDown, ArrowUp, KeyRound, Link2 } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import { CellValue, cellText } from "@/ui/cell";
import { TypeGlyph } from "@/ui/type-glyph";
import { condition, type Order } from "./conditions";
import { Histogram } from "./histogram";
import { type ColumnProfile, summaryOf } from "./profile";
import { type Column, type GenerationTable, PAGE, type Row, type TableProfile } from "./queries";
import { type Summary, summarise } from "./summary";

const ROW = 26;
const HEAD = 76;

export interface GridProps {
  table: GenerationTable;
  rows: Map<number, Row[]>;
  /** Rows of this block, of all that match, and before this block. */
  total: number;
  allRows: number;
  offset: number;
  /** The row to be in sight at first. */
  at: number;
  sample: Row[] | undefined;
  /** What is known of all rows; the sample speaks where that is not asked for. */
  profile: TableProfile | undefined;
  order: Order | null;
  onOrder: (order: Order | null) => void;
  onFilter: (condition: string) => void;
  onProfile: (column: string) => void;
  onRange: (from: number, to: number) => void;
  onFollow: (reference: { table: string; column: string }, condition: string) => void;
}

/** Rows like a spreadsheet: any number of them, of which those in sight exist. */
export function Grid(props: GridProps) {
  const { table, rows, total, allRows, offset, at, sample, order, onRange } = props;
  const { t } = useTranslation();
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [cursor, setCursor] = useState<{ row: number; column: number }>({ row: at, column: 0 });
  const widths = useMemo(() => widthsOf(table, sample), [table, sample]);
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    paddingStart: HEAD,
    scrollPaddingStart: HEAD,
  });
  const shown = virtual.getVirtualItems();
  const first = (shown[0]?.index ?? 0) + offset;
  const last = (shown.at(-1)?.index ?? 0) + 1 + offset;
  useEffect(() => onRange(first, last), [first, last, onRange]);

  const target = useRef<number | null>(null);
  useEffect(() => {
    if (target.current === at) return;
    target.current = at;
    setCursor((before) => ({ ...before, row: at }));
    if (at > 0) virtual.scrollToIndex(at - offset, { align: "start" });
  }, [at, offset, virtual]);

  const template = `${indexWidth(allRows)}px ${widths.map((width) => `${width}px`).join(" ")} minmax(0,1fr)`;
  const columns = table.columns;

  function move(event: KeyboardEvent) {
    const page = Math.max(
      1,
      Math.floor(((scroller.current?.clientHeight ?? 400) - HEAD) / ROW) - 1,
    );
    const mod = event.metaKey || event.ctrlKey;
    const steps: Record<string, [number, number]> = {
      ArrowDown: [1, 0],
      ArrowUp: [-1, 0],
      ArrowRight: [0, 1],
      ArrowLeft: [0, -1],
      PageDown: [page, 0],
      PageUp: [-page, 0],
      Home: mod
        ? [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
        : [0, Number.NEGATIVE_INFINITY],
      End: mod
        ? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
        : [0, Number.POSITIVE_INFINITY],
    };
    const step = steps[event.key];
    if (event.target !== event.currentTarget) return;
    if (!step || event.altKey) {
      if (event.key === "Enter") follow();
      else if (event.key.toLowerCase() === "c" && mod) {
        void navigator.clipboard.writeText(cellText(valueAt(cursor.row, cursor.column)));
      }
      return;
    }
    event.preventDefault();
    const row = Math.min(offset + total - 1, Math.max(offset, cursor.row + step[0]));
    const column = Math.min(columns.length - 1, Math.max(0, cursor.column + step[1]));
    setCursor({ row, column });
    virtual.scrollToIndex(row - offset);
    const left = widths.slice(0, column).reduce((sum, width) => sum + width, 0);
    const box = scroller.current;
    if (box && step[1] !== 0) {
      const visible = box.clientWidth - indexWidth(allRows);
      const width = widths[column] ?? 0;
      if (left < box.scrollLeft) box.scrollLeft = left;
      else if (left + width > box.scrollLeft + visible) box.scrollLeft = left + width - visible;
    }
  }

  const valueAt = (row: number, column: number): unknown => {
    const name = columns[column]?.name ?? "";
    return rows.get(Math.floor(row / PAGE))?.[row % PAGE]?.[name];
  };

  function follow() {
    const column = columns[cursor.column];
    const value = valueAt(cursor.row, cursor.column);
    if (column?.references && value !== null && value !== undefined) {
      props.onFollow(
        column.references,
        condition(
          { name: column.references.column, is_number: column.is_number },
          "=",
          cellText(value),
        ),
      );
    }
  }

  return (
    <div
      ref={scroller}
      role="grid"
      tabIndex={0}
      aria-label={t("rows.grid", { table: table.name })}
      aria-rowcount={allRows + 1}
      aria-colcount={columns.length + 1}
      aria-readonly="true"
      aria-activedescendant={
        cursor.row >= first && cursor.row < last
          ? `${id}-${cursor.row}-${cursor.column}`
          : undefined
      }
      onKeyDown={move}
      className="group/grid relative min-h-0 grow overflow-auto text-xs outline-none"
    >
      <div style={{ height: virtual.getTotalSize(), minWidth: "max-content" }} className="relative">
        <div
          role="row"
          aria-rowindex={1}
          style={{ gridTemplateColumns: template, height: HEAD }}
          className="sticky top-0 z-(--z-sticky) grid w-full border-b border-line bg-sunken"
        >
          <div role="columnheader" className="sticky left-0 border-r border-line bg-sunken">
            <span className="sr-only">{t("rows.number")}</span>
          </div>
          {columns.map((column) => (
            <Head
              key={column.name}
              column={column}
              sample={sample}
              profile={props.profile?.columns.find((each) => each.name === column.name)}
              order={order?.column === column.name ? order : null}
              onOrder={props.onOrder}
              onFilter={props.onFilter}
              onProfile={props.onProfile}
            />
          ))}
        </div>
        {shown.map((item) => {
          const row = item.index + offset;
          const data = rows.get(Math.floor(row / PAGE))?.[row % PAGE];
          const current = row === cursor.row;
          return (
            <div
              key={item.key}
              role="row"
              aria-rowindex={row + 2}
              style={{
                gridTemplateColumns: template,
                transform: `translateY(${item.start}px)`,
                height: ROW,
              }}
              className={clsx(
                "absolute top-0 left-0 grid w-full min-w-max border-b border-line bg-surface",
                current && "group-focus/grid:bg-accent-tint",
              )}
            >
              <div
                role="rowheader"
                className="sticky left-0 border-r border-line bg-sunken pr-1.5 text-right leading-6.5 text-ink-3 tabular-nums"
              >
                {row + 1}
              </div>
              {columns.map((column, at) => (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the grid itself takes the keys
                <div
                  key={column.name}
                  id={`${id}-${row}-${at}`}
                  role="gridcell"
                  tabIndex={-1}
                  aria-colindex={at + 2}
                  onClick={() => {
                    setCursor({ row, column: at });
                    scroller.current?.focus();
                  }}
                  className={clsx(
                    "truncate border-r border-line px-2 leading-6.5 outline-none",
                    column.is_number && "text-right tabular-nums",
                    current &&
                      at === cursor.column &&
                      "group-focus/grid:shadow-[inset_0_0_0_2px_var(--focus)]",
                  )}
                >
                  {data === undefined ? (
                    <span
                      aria-hidden
                      className="my-2 inline-block h-2 w-1/2 rounded-xs bg-pressed"
                    />
                  ) : column.references && data[column.name] != null ? (
                    <button
                      type="button"
                      tabIndex={-1}
                      title={t("rows.follow", { table: column.references.table })}
                      onClick={() => {
                        if (column.references) {
                          props.onFollow(
                            column.references,
                            condition(
                              { name: column.references.column, is_number: column.is_number },
                              "=",
                              cellText(data[column.name]),
                            ),
                          );
                        }
                      }}
                      className="max-w-full truncate text-accent hover:underline"
                    >
                      {cellText(data[column.name])}
                    </button>
                  ) : (
                    <CellValue value={data[column.name]} />
                  )}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Head({
  column,
  sample,
  profile,
  order,
  onOrder,
  onFilter,
  onProfile,
}: {
  column: Column;
  sample: Row[] | undefined;
  profile: ColumnProfile | undefined;
  order: Order | null;
  onOrder: (order: Order | null) => void;
  onFilter: (condition: string) => void;
  onProfile: (column: string) => void;
}) {
  const { t } = useTranslation();
  const summary = useMemo(
    () =>
      profile
        ? summaryOf(profile)
        : sample &&
          summarise(
            sample.map((row) => row[column.name]),
            column.type,
            column.is_number,
          ),
    [profile, sample, column],
  );
  const figure = useFigure(summary);
  const next: Order | null =
    order === null
      ? { column: column.name, descending: false }
      : order.descending
        ? null
        : { column: column.name, descending: true };
  const Arrow = order?.descending ? ArrowDown : ArrowUp;
  const Mark = column.key ? KeyRound : column.references ? Link2 : null;
  return (
    <div
      role="columnheader"
      aria-sort={order === null ? "none" : order.descending ? "descending" : "ascending"}
      className="flex min-w-0 flex-col border-r border-line px-2 pt-1.5 pb-1"
    >
      <button
        type="button"
        title={t("rows.sort", { column: column.name })}
        onClick={() => onOrder(next)}
        className="flex h-6 w-full min-w-0 items-center gap-1.5 text-left text-xs font-medium"
      >
        <TypeGlyph type={column.type} className="size-3" />
        <span className="truncate">{column.name}</span>
        {Mark && (
          <Mark
            role="img"
            aria-label={column.key ? t("rows.key") : t("rows.reference")}
            className="size-3 shrink-0 text-ink-3"
            strokeWidth={1.75}
          />
        )}
        {order && <Arrow aria-hidden className="ml-auto size-3 shrink-0 text-accent" />}
      </button>
      <div className="flex h-6 items-end">
        {summary && summary.bars.length > 0 && (
          <Histogram
            column={column}
            bars={summary.bars}
            label={t(profile ? "rows.histogramOfAll" : "rows.histogram", {
              column: column.name,
              figure,
            })}
            onFilter={onFilter}
          />
        )}
      </div>
      <button
        type="button"
        title={t("rows.profile.open", { column: column.name })}
        onClick={() => onProfile(column.name)}
        className="block w-full truncate text-left text-2xs text-ink-3 hover:text-ink hover:underline"
      >
        {figure || "\u00a0"}
      </button>
    </div>
  );
}

/** One figure about a column. */
function useFigure(summary: Summary | undefined): string {
  const { t } = useTranslation();
  const format = useFormat();
  if (!summary) return "";
  if (summary.kind === "nulls") return t("rows.figure.onlyNull");
  if (summary.nulls > 0) return t("rows.figure.null", { share: format.percent(summary.nulls, 1) });
  if (summary.kind === "unique") return t("rows.figure.unique");
  if (summary.kind === "range") return `${briefly(summary.least)} … ${briefly(summary.most)}`;
  return t(summary.approximate ? "rows.figure.about" : "rows.figure.values", {
    count: summary.distinct,
  });
}

/** A date without its day, a time without its seconds: the head has no room for more. */
function briefly(value: string | undefined): string {
  if (/^\d{4}-\d\d-\d\d/.test(value ?? "")) return (value ?? "").slice(0, 7);
  return value ?? "";
}

function indexWidth(rows: number): number {
  return Math.max(44, String(rows).length * 8 + 16);
}

/** As wide as what stands in it, within reason. */
function widthsOf(table: GenerationTable, sample: Row[] | undefined): number[] {
  return table.columns.map((column) => {
    let longest = column.name.length + 4;
    for (const row of (sample ?? []).slice(0, 100)) {
      longest = Math.max(longest, Math.min(44, cellText(row[column.name]).length));
    }
    return Math.round(Math.min(320, Math.max(88, longest * 6.9 + 20)));
  });
}
