import { parse } from "yaml";
import { isRecord } from "./pointer";

export interface NewColumn {
  name: string;
  [key: string]: unknown;
}

/** Heads that stand for the key of a column, as people write them in either language. */
export type Heads = Readonly<Record<string, string>>;

/**
 * Reads pasted text as columns: YAML or JSON of columns as such, a block with tabs by its heads or as names with
 * types, and anything else as names between line breaks, tabs, commas or semicolons.
 */
export function columnsIn(text: string, heads: Heads = {}): NewColumn[] {
  return structured(text) ?? block(text, heads) ?? namesIn(text).map((name) => ({ name }));
}

function structured(text: string): NewColumn[] | undefined {
  if (!/^\s*[-[{]|^\s*name\s*:/.test(text)) return undefined;
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    return undefined;
  }
  const list = isRecord(value) ? (Array.isArray(value.columns) ? value.columns : [value]) : value;
  if (!Array.isArray(list)) return undefined;
  const columns = list.filter(
    (item): item is NewColumn => isRecord(item) && typeof item.name === "string",
  );
  return columns.length > 0 && columns.length === list.length ? columns : undefined;
}

function block(text: string, heads: Heads): NewColumn[] | undefined {
  const rows = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) => line.split("\t").map((cell) => cell.trim()));
  const keys = rows[0]?.map((cell) => heads[cell.toLowerCase()]);
  if (
    !keys ||
    rows.length < 2 ||
    keys.length < 2 ||
    !keys.includes("name") ||
    keys.some((key) => key === undefined)
  )
    return undefined;
  return rows.slice(1).flatMap((row) => {
    const column: Record<string, unknown> = {};
    keys.forEach((key, index) => {
      const cell = row[index];
      if (key !== undefined && cell) column[key] = key === "generator" ? { type: cell } : cell;
    });
    return typeof column.name === "string" ? [column as NewColumn] : [];
  });
}

/** Names between separators, without bullets and quotes around them. */
export function namesIn(text: string): string[] {
  return text
    .split(/[\r\n\t,;]+/)
    .map((part) => part.trim().replace(/^(?:[-*•]|\d+[.)])\s+/, ""))
    .map((part) => part.replace(/^(["'`])(.*)\1$/, "$2").trim())
    .filter((part) => part !== "");
}

/** Gives each name that is taken already, or comes twice, the next free number: `status_2`. */
export function freeNames(wanted: readonly string[], taken: Iterable<string>): string[] {
  const used = new Set([...taken].map((name) => name.toLowerCase()));
  return wanted.map((name) => {
    let free = name;
    for (let number = 2; used.has(free.toLowerCase()); number += 1) free = `${name}_${number}`;
    used.add(free.toLowerCase());
    return free;
  });
}
