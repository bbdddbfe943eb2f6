import clsx from "clsx";
import { useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { stringify } from "yaml";
import { isMac, isTextTarget, useHotkey } from "@/ui/hooks";
import { announce } from "@/ui/live";
import { readNulls } from "./actions";
import { useColumnEdits } from "./column-edits";
import { type ColumnFacts, useColumnFacts } from "./column-facts";
import { useModeller } from "./context";
import { type Action, actionFor, CELLS, type Cell, type Cursor, chosenRows } from "./grid-keys";
import { type Editing, GridRow, problemIn } from "./grid-row";
import type { ColumnView, TableView } from "./model";
import { NewRow } from "./new-row";
import { columnsIn } from "./paste";
import { applyPatch } from "./patch";
import { fixOf } from "./requests";

const WIDTHS: Record<Cell, string> = {
  name: "w-37",
  type: "w-18",
  generator: "w-29",
  parameters: "",
  nulls: "w-34",
  unique: "w-14",
  shape: "w-21",
};

/** In a narrow centre type and nulls go first; both stand in the inspector as well. */
const NARROW = 740;
const FOLDED: readonly Cell[] = CELLS.filter((cell) => cell !== "type" && cell !== "nulls");

/** The columns of the open table as a grid. */
export function ColumnGrid() {
  const { table } = useModeller();
  return table ? <Grid key={table.index} table={table} /> : null;
}

function Grid({ table }: { table: TableView }) {
  const { t } = useTranslation();
  const { column, go, view, readOnly, store, shapes, preview } = useModeller();
  const edits = useColumnEdits(table);
  const factsOf = useColumnFacts(table);
  const id = useId();
  const grid = useRef<HTMLTableElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const cells = useWidth(box) < NARROW ? FOLDED : CELLS;
  const columns = table.columns;
  const rows = columns.length + (readOnly ? 0 : 1);
  const [cursor, setCursor] = useState<Cursor>(() => ({
    row: column?.index ?? 0,
    cell: 0,
    anchor: column?.index ?? 0,
  }));
  const [editing, setEditing] = useState<Editing | null>(null);
  const [hasFocus, setHasFocus] = useState(false);
  const wantsFocus = useRef(false);

  // The column of the address and the cursor follow each other.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a column chosen elsewhere moves the cursor
  useEffect(() => {
    if (column && column.index !== cursor.row)
      setCursor((old) => ({ ...old, row: column.index, anchor: column.index }));
  }, [column?.index]);

  useEffect(() => {
    const cell = grid.current?.querySelector<HTMLElement>("[data-cursor]");
    if (wantsFocus.current && !editing) {
      wantsFocus.current = false;
      cell?.focus({ preventScroll: true });
    }
    cell?.scrollIntoView({ block: "nearest" });
  });

  const put = (next: Cursor) => {
    setCursor(next);
    wantsFocus.current = true;
    const name = columns[next.row]?.name;
    if (name !== undefined && name !== view.column) go({ column: name });
  };
  const begin = (row: number, cell: Cell, text?: string) => {
    if (readOnly) return;
    const target = columns[row];
    if (!target && cell !== "name") return;
    if (cell === "shape") return;
    if (cell === "unique" && target) return edits.toggleUnique(target);
    setCursor({ row, cell: Math.max(0, cells.indexOf(cell)), anchor: row });
    if (target) go({ column: target.name, ...(cell === "parameters" ? { pane: "column" } : {}) });
    if (cell === "parameters")
      return focusInspector("[data-parameters] :is(input, textarea, button)");
    if (!cells.includes(cell))
      return focusInspector(cell === "nulls" ? "#column-nulls" : "[data-more]");
    setEditing({ row, cell, ...(text === undefined ? {} : { text }) });
  };

  const commit = (cell: Cell, text: string, then: "down" | "right" | "left" | "stay") => {
    setEditing(null);
    const target = columns[cursor.row];
    const step = { down: [1, 0], right: [0, 1], left: [0, -1], stay: [0, 0] }[then] as [
      number,
      number,
    ];
    if (then !== "stay") wantsFocus.current = true;
    if (!target) {
      const added = edits.add(columnsIn(text));
      if (added.length > 0) {
        announce(t("modeller.added", { count: added.length, names: added.join(", ") }));
        go({ column: added.at(-1) });
      }
      setCursor((old) => ({
        ...old,
        row: old.row + (then === "down" ? added.length : 0),
        anchor: old.row + (then === "down" ? added.length : 0),
        cell: then === "right" ? Math.max(0, cells.indexOf("generator")) : 0,
      }));
      return;
    }
    if (cell === "name") edits.rename(target, text.trim());
    if (cell === "type")
      edits.set(
        ["tables", table.index, "columns", target.index, "type"],
        text.trim() === "" ? undefined : text.trim(),
      );
    if (cell === "nulls") edits.setNulls(target, readNulls(text));
    const row = Math.min(rows - 1, cursor.row + step[0]);
    setCursor({
      row,
      cell: Math.min(cells.length - 1, Math.max(0, cursor.cell + step[1])),
      anchor: row,
    });
    const name = row === cursor.row && cell === "name" ? undefined : columns[row]?.name;
    if (name !== undefined) go({ column: name });
  };
  const giveUp = () => {
    setEditing(null);
    wantsFocus.current = true;
  };

  const jump = (back: boolean) => {
    const bad = columns
      .filter((entry) => factsOf(entry).problems.length > 0)
      .map((entry) => entry.index);
    const next = back
      ? bad.findLast((row) => row < cursor.row)
      : bad.find((row) => row > cursor.row);
    const row = next ?? (back ? bad.at(-1) : bad[0]);
    if (row !== undefined) put({ ...cursor, row, anchor: row });
  };
  /** Mends what is wrong at the cursor or, where the cell is well, elsewhere in its row. */
  const fix = (target: ColumnView) => {
    const facts = factsOf(target);
    const here = problemIn(facts, target, cells[cursor.cell] ?? "name");
    const patch = [...(here ? [here] : []), ...facts.problems]
      .map(({ problem }) => fixOf(problem))
      .find((found) => found !== undefined);
    const text = patch && applyPatch(store.get().text, patch);
    if (text) store.edit(text, { label: { key: "modeller.step.fix" }, pointer: target.pointer });
  };

  const run = (action: Action): boolean => {
    const target = columns[cursor.row];
    const chosen = chosenRows(cursor, columns.length);
    if (action.do === "move") put(action.cursor);
    else if (action.do === "leave") return false;
    else if (action.do === "selectAll")
      setCursor({ ...cursor, row: columns.length - 1, anchor: 0 });
    else if (action.do === "all") setCursor({ ...cursor, anchor: cursor.row });
    else if (action.do === "problem" || action.do === "problemBack")
      jump(action.do === "problemBack");
    else if (readOnly) return true;
    else if (action.do === "edit")
      begin(cursor.row, action.cell ?? cells[cursor.cell] ?? "name", action.text);
    else if (action.do === "open") begin(cursor.row, cells[cursor.cell] ?? "name");
    else if (action.do === "shift") {
      if (edits.move(chosen, action.step)) {
        wantsFocus.current = true;
        setCursor({
          ...cursor,
          row: cursor.row + action.step,
          anchor: cursor.anchor + action.step,
        });
      }
    } else if (!target) return true;
    else if (action.do === "toggleUnique") edits.toggleUnique(target);
    else if (action.do === "toggleKey") edits.toggleKey(target);
    else if (action.do === "duplicate") {
      go({ column: edits.duplicate(chosen).at(-1) });
      wantsFocus.current = true;
      const [from, to] = [(chosen.at(-1) ?? 0) + 1, (chosen.at(-1) ?? 0) + chosen.length];
      setCursor({ ...cursor, row: to, anchor: from });
    } else if (action.do === "delete") {
      edits.remove(chosen);
      const row = Math.max(
        0,
        Math.min(cursor.row, cursor.anchor) - (chosen.at(-1) === columns.length - 1 ? 1 : 0),
      );
      wantsFocus.current = true;
      setCursor({ ...cursor, row, anchor: row });
    } else if (action.do === "clear") clear(target);
    else if (action.do === "fix") fix(target);
    return true;
  };
  const clear = (target: ColumnView) => {
    const cell = cells[cursor.cell];
    const path = ["tables", table.index, "columns", target.index];
    if (cell === "type") edits.set([...path, "type"], undefined);
    if (cell === "generator" || cell === "parameters") edits.setGenerator(target, undefined);
    if (cell === "nulls") edits.setNulls(target, {});
    if (cell === "unique" && target.raw.unique === true) edits.toggleUnique(target);
  };

  useHotkey("alt+c", () => begin(columns.length, "name"), !readOnly);

  const copy = (event: React.ClipboardEvent) => {
    if (editing || isTextTarget(event.target)) return;
    const chosen = chosenRows(cursor, columns.length).flatMap((row) => columns[row] ?? []);
    if (chosen.length === 0) return;
    event.preventDefault();
    const single = cursor.row === cursor.anchor && cells[cursor.cell] !== "name";
    const text = single
      ? cellText(
          cells[cursor.cell] ?? "name",
          chosen[0] as ColumnView,
          factsOf(chosen[0] as ColumnView),
        )
      : stringify(
          chosen.map((entry) => entry.raw),
          { lineWidth: 0 },
        );
    event.clipboardData.setData("text/plain", text);
  };
  const cut = (event: React.ClipboardEvent) => {
    copy(event);
    if (!readOnly && event.defaultPrevented && cells[cursor.cell] === "name")
      edits.remove(chosenRows(cursor, columns.length));
  };
  const paste = (event: React.ClipboardEvent) => {
    if (editing || readOnly || isTextTarget(event.target)) return;
    const text = event.clipboardData.getData("text/plain");
    if (text.trim() === "") return;
    event.preventDefault();
    const cell = cells[cursor.cell];
    const target = columns[cursor.row];
    if (target && cell !== "name" && !text.includes("\n")) {
      if (cell === "nulls") edits.setNulls(target, readNulls(text));
      if (cell === "type")
        edits.set(["tables", table.index, "columns", target.index, "type"], text.trim());
      if (cell === "generator") edits.setGenerator(target, { type: text.trim() });
      return;
    }
    const added = edits.add(columnsIn(text, headsOf()), target ? cursor.row + 1 : columns.length);
    announce(t("modeller.added", { count: added.length, names: added.join(", ") }));
    if (added[0] !== undefined) go({ column: added[0] });
  };
  const headsOf = () => ({
    name: "name",
    nombre: "name",
    columna: "name",
    column: "name",
    type: "type",
    tipo: "type",
    generator: "generator",
    generador: "generator",
    description: "description",
    descripción: "description",
  });

  const chosen = new Set(cursor.row === cursor.anchor ? [] : chosenRows(cursor, columns.length));
  return (
    <div ref={box} className="min-h-24 min-w-0 flex-[0_1_auto] overflow-auto">
      <table
        ref={grid}
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table of cells that are edited is a grid
        role="grid"
        aria-label={t("modeller.gridOf", { name: table.name })}
        aria-rowcount={rows + 1}
        aria-colcount={CELLS.length + 1}
        aria-readonly={readOnly || undefined}
        className="w-full table-fixed border-separate border-spacing-0 text-xs"
        onFocus={() => setHasFocus(true)}
        onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setHasFocus(false)}
        onCopy={copy}
        onCut={cut}
        onPaste={paste}
        onKeyDown={(event) => {
          if (editing || isTextTarget(event.target)) return;
          const action = actionFor(
            {
              key: event.key,
              mod: isMac ? event.metaKey : event.ctrlKey,
              alt: event.altKey,
              shift: event.shiftKey,
            },
            cursor,
            rows,
            cells,
          );
          if (!action || !run(action)) return;
          event.preventDefault();
          event.stopPropagation();
        }}
      >
        <thead className="sticky top-0 z-(--z-sticky)">
          <tr aria-rowindex={1}>
            <th scope="col" className="h-7 w-10.5 border-r border-b border-line bg-sunken">
              <span className="sr-only">{t("modeller.head.number")}</span>
            </th>
            {cells.map((cell) => (
              <th
                key={cell}
                scope="col"
                className={clsx(
                  "truncate border-r border-b border-line bg-sunken px-2 text-left text-2xs font-medium text-ink-3 last:border-r-0",
                  WIDTHS[cell],
                )}
              >
                {t(`modeller.head.${cell}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {columns.map((entry) => (
            <GridRow
              key={entry.index}
              id={`${id}-${entry.index}`}
              table={table}
              column={entry}
              facts={factsOf(entry)}
              shape={shapes.get(entry.name)}
              stale={preview.stale}
              cells={cells}
              selected={entry.name === column?.name || chosen.has(entry.index)}
              cursor={cursor.row === entry.index ? cursor.cell : null}
              ring={hasFocus}
              editing={editing?.row === entry.index ? editing : null}
              onPoint={(cell, extend) =>
                extend
                  ? setCursor({ row: entry.index, cell, anchor: cursor.anchor })
                  : put({ row: entry.index, cell, anchor: entry.index })
              }
              onBegin={(cell) => begin(entry.index, cell)}
              onCommit={commit}
              onGiveUp={giveUp}
              onGenerator={(generator) => {
                giveUp();
                edits.setGenerator(entry, generator);
              }}
              onDrop={(from) => {
                if (from === entry.index) return;
                edits.moveTo(from, entry.index);
              }}
            />
          ))}
          {!readOnly && (
            <NewRow
              cursor={cursor}
              count={cells.length}
              row={columns.length}
              isEditing={editing?.row === columns.length}
              text={editing?.text ?? ""}
              ring={hasFocus}
              onBegin={() => begin(columns.length, "name")}
              onCommit={(text, then) => commit("name", text, then)}
              onGiveUp={giveUp}
              onPoint={() => put({ row: columns.length, cell: 0, anchor: columns.length })}
            />
          )}
        </tbody>
      </table>
    </div>
  );
}

function cellText(cell: Cell, column: ColumnView, facts: ColumnFacts): string {
  switch (cell) {
    case "name":
      return column.name;
    case "type":
      return facts.type;
    case "generator":
      return column.generator ?? "";
    case "parameters":
      return stringify(column.raw.generator ?? {}, { lineWidth: 0 });
    case "nulls":
      return facts.nulls;
    case "unique":
      return String(facts.unique);
    case "shape":
      return "";
  }
}

/** A field of the inspector: parameters, and what the grid has no room for, are edited there. */
function focusInspector(field: string) {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(`[data-inspector] :is(${field})`)?.focus(),
  );
}

/** The width of an element, followed as it changes; wide until it is known. */
function useWidth(box: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(Number.POSITIVE_INFINITY);
  useEffect(() => {
    if (!box.current || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(entry.contentRect.width || Number.POSITIVE_INFINITY);
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [box]);
  return width;
}
