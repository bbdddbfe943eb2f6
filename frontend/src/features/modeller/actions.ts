import { insertInto, moveInside, read, removeValue, setValue } from "./document";
import { type ColumnView, type TableView, tablesOf, textOf } from "./model";
import { freeNames, type NewColumn } from "./paste";
import { isRecord, type Path } from "./pointer";

/** Changes of the draft's text that several views offer. Each gives the new text. */

export function columnPath(table: number, column: number, ...rest: string[]): Path {
  return ["tables", table, "columns", column, ...rest];
}

/** Puts columns in at a place, under names that are free. */
export function addColumns(
  text: string,
  table: TableView,
  index: number,
  columns: readonly NewColumn[],
): { text: string; names: string[] } {
  const names = freeNames(
    columns.map((column) => column.name),
    table.columns.map((column) => column.name),
  );
  const named = columns.map((column, at) => ({ ...column, name: names[at] ?? column.name }));
  return { text: insertInto(text, ["tables", table.index, "columns"], index, named), names };
}

/** Removes columns, and what a table itself says of them: its primary key and its own keys. */
export function removeColumns(text: string, table: TableView, indices: readonly number[]): string {
  const names = new Set(indices.map((index) => table.columns[index]?.name));
  let result = text;
  for (const index of [...indices].sort((a, b) => b - a))
    result = removeValue(result, columnPath(table.index, index));
  const rest = table.primaryKey.filter((name) => !names.has(name));
  if (rest.length < table.primaryKey.length) {
    const path: Path = ["tables", table.index, "primary_key"];
    result = rest.length === 0 ? removeValue(result, path) : setValue(result, path, rest);
  }
  for (const key of [...table.keys].reverse()) {
    if (key.columns.some((name) => names.has(name)))
      result = removeFrom(result, ["tables", table.index, "foreign_keys"], key.index);
  }
  return result;
}

/** Removes an item, and its list where it was the last one. */
export function removeFrom(text: string, list: Path, index: number): string {
  const without = removeValue(text, [...list, index]);
  let value: unknown = read(without).value;
  for (const step of list)
    value =
      isRecord(value) || Array.isArray(value)
        ? (value as Record<string, unknown>)[String(step)]
        : undefined;
  return Array.isArray(value) && value.length === 0 ? removeValue(without, list) : without;
}

export function duplicateColumns(
  text: string,
  table: TableView,
  indices: readonly number[],
): { text: string; names: string[] } {
  const sorted = [...indices].sort((a, b) => a - b);
  const copies = sorted.flatMap((index) => {
    const column = table.columns[index];
    return column ? [{ ...column.raw, name: column.name }] : [];
  });
  return addColumns(text, table, (sorted.at(-1) ?? -1) + 1, copies);
}

/** Moves neighbouring columns one place up or down. */
export function moveColumns(
  text: string,
  table: TableView,
  from: number,
  to: number,
  step: -1 | 1,
): string {
  const list: Path = ["tables", table.index, "columns"];
  if (from + step < 0 || to + step >= table.columns.length) return text;
  return step < 0 ? moveInside(text, list, from - 1, to) : moveInside(text, list, to + 1, from);
}

/** Makes a column part of the primary key, or takes it out. */
export function togglePrimaryKey(text: string, table: TableView, column: ColumnView): string {
  const path: Path = ["tables", table.index, "primary_key"];
  const isKey = table.primaryKey.includes(column.name);
  const next = isKey
    ? table.primaryKey.filter((name) => name !== column.name)
    : [...table.primaryKey, column.name];
  return next.length === 0 ? removeValue(text, path) : setValue(text, path, next);
}

export function addTable(
  text: string,
  schema: Record<string, unknown>,
  wanted: string,
): { text: string; name: string } {
  const tables = tablesOf(schema);
  const [name = wanted] = freeNames(
    [wanted],
    tables.map((table) => table.name),
  );
  const table = { name, rows: 100, primary_key: ["id"], columns: [{ name: "id" }] };
  return { text: insertInto(text, ["tables"], tables.length, [table]), name };
}

/** Adds an entry to one of the schema's maps under a free name. */
export function addEntry(
  text: string,
  schema: Record<string, unknown>,
  path: Path,
  wanted: string,
  value: unknown,
): { text: string; name: string } {
  let map: unknown = schema;
  for (const step of path)
    map =
      isRecord(map) || Array.isArray(map)
        ? (map as Record<string, unknown>)[String(step)]
        : undefined;
  const [name = wanted] = freeNames([wanted], isRecord(map) ? Object.keys(map) : []);
  return { text: setValue(text, [...path, name], value), name };
}

/** A rule of a kind with what it requires left open, and an id that is free in the dataset. */
export function addRule(
  text: string,
  schema: Record<string, unknown>,
  table: TableView,
  kind: string,
  rest: Record<string, unknown>,
): { text: string; id: string } {
  const taken = tablesOf(schema).flatMap((other) => other.rules.map((rule) => rule.id));
  const [id = kind] = freeNames([`${table.name}-${kind}`], taken);
  const path: Path = ["tables", table.index, "rules"];
  return { text: insertInto(text, path, table.rules.length, [{ id, kind, ...rest }]), id };
}

/** The parameters that a new generator keeps of an old one: those of the same name that it takes too. */
export function keepParameters(
  next: Record<string, unknown>,
  old: unknown,
  takes: readonly string[],
): Record<string, unknown> {
  if (!isRecord(old)) return next;
  const kept = Object.entries(old).filter(([key]) => key !== "type" && takes.includes(key));
  return { ...next, ...Object.fromEntries(kept) };
}

/** Reads what was typed as nulls: a share (`5%`, `0.05`), nothing, or the condition under which a value is null. */
export function readNulls(text: string): { null_rate?: number; null_when?: string } {
  const typed = text.trim();
  if (typed === "" || typed === "–" || typed === "0") return {};
  const percent = /^(\d+(?:[.,]\d+)?)\s*%$/.exec(typed);
  if (percent)
    return { null_rate: Number((Number(percent[1]?.replace(",", ".")) / 100).toPrecision(12)) };
  const number = Number(typed.replace(",", "."));
  if (!Number.isNaN(number)) return { null_rate: number > 1 ? number / 100 : number };
  return { null_when: typed.replace(/^(when|si|cuando)\s+/i, "") };
}

export function nullsText(raw: Record<string, unknown>): string {
  if (raw.null_when != null) return textOf(raw.null_when);
  return typeof raw.null_rate === "number"
    ? `${Number((raw.null_rate * 100).toPrecision(12))}%`
    : textOf(raw.null_rate);
}
