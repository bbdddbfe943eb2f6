import { parse, stringify } from "yaml";

/** Names separated by lines, tabs, commas or semicolons; each once. */
export function columnNames(text: string): string[] {
  const names = text
    .split(/[\n\r\t,;]+/)
    .map((name) => name.trim().replace(/^["'`]|["'`]$/g, ""))
    .filter((name) => name !== "");
  return [...new Set(names)];
}

/** The smallest schema that holds the columns: what fills each is left to the server, which goes by the names. */
export function emptySchema(of: {
  name: string;
  table: string;
  rows: number;
  columns: string[];
}): string {
  return stringify({
    name: of.name,
    tables: [{ name: of.table, rows: of.rows, columns: of.columns.map((name) => ({ name })) }],
  });
}

export function mediaTypeOf(text: string): "application/json" | "application/yaml" {
  return text.trimStart().startsWith("{") ? "application/json" : "application/yaml";
}

interface TableOutline {
  name: string;
  columns?: unknown[];
}

/** The tables of a schema, as far as its text can be read. */
export function tablesOf(text: string): TableOutline[] {
  try {
    const schema: unknown = parse(text);
    const tables = (schema as { tables?: unknown } | null)?.tables;
    return Array.isArray(tables) ? (tables as TableOutline[]) : [];
  } catch {
    return [];
  }
}

/** The table with the most columns tells most about a schema. */
export function widestTable(text: string): string | null {
  let best: TableOutline | null = null;
  for (const table of tablesOf(text)) {
    if ((table.columns?.length ?? 0) > (best?.columns?.length ?? -1)) best = table;
  }
  return best?.name ?? null;
}
