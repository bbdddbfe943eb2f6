import type { Problem } from "@/api/problem";
import { formatPointer, isRecord, isWithin } from "./pointer";
import type { Report } from "./requests";

/** Views of the draft's plain data. What is not of the expected form is read as absent, never refused. */
export interface ColumnView {
  index: number;
  name: string;
  raw: Record<string, unknown>;
  pointer: string;
  /** The generator's `type`, where one is written. */
  generator: string | undefined;
}

export interface KeyView {
  index: number;
  /** Its own name, or that of the parent. */
  name: string;
  raw: Record<string, unknown>;
  pointer: string;
  columns: string[];
  parent: string;
  parentColumns: string[];
}

export interface RuleView {
  index: number;
  id: string;
  kind: string;
  raw: Record<string, unknown>;
  pointer: string;
}

export interface TableView {
  index: number;
  name: string;
  raw: Record<string, unknown>;
  pointer: string;
  columns: ColumnView[];
  keys: KeyView[];
  rules: RuleView[];
  primaryKey: string[];
  draws: string[];
  given: number;
}

export function textOf(value: unknown): string {
  return value === null || value === undefined || typeof value === "object" ? "" : String(value);
}

export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

function records(value: unknown): [number, Record<string, unknown>][] {
  if (!Array.isArray(value)) return [];
  return value.map((item, index) => [index, isRecord(item) ? item : {}]);
}

export function tablesOf(schema: Record<string, unknown>): TableView[] {
  return records(schema.tables).map(([index, raw]) => {
    const pointer = formatPointer(["tables", index]);
    return {
      index,
      raw,
      pointer,
      name: textOf(raw.name),
      columns: records(raw.columns).map(([at, column]) => ({
        index: at,
        raw: column,
        name: textOf(column.name),
        pointer: `${pointer}/columns/${at}`,
        generator: isRecord(column.generator) ? textOf(column.generator.type) : undefined,
      })),
      keys: records(raw.foreign_keys).map(([at, key]) => {
        const references = isRecord(key.references) ? key.references : {};
        return {
          index: at,
          raw: key,
          pointer: `${pointer}/foreign_keys/${at}`,
          name: textOf(key.name) || textOf(references.table),
          columns: textsOf(key.columns),
          parent: textOf(references.table),
          parentColumns: textsOf(references.columns),
        };
      }),
      rules: records(raw.rules).map(([at, rule]) => ({
        index: at,
        raw: rule,
        id: textOf(rule.id),
        kind: textOf(rule.kind),
        pointer: `${pointer}/rules/${at}`,
      })),
      primaryKey: textsOf(raw.primary_key),
      draws: isRecord(raw.draws) ? Object.keys(raw.draws) : [],
      given: Array.isArray(raw.given) ? raw.given.length : 0,
    };
  });
}

/** The parent's column that a key gives a column, or undefined. */
export function referenceOf(table: TableView, name: string) {
  for (const key of table.keys) {
    const at = key.columns.indexOf(name);
    if (at >= 0) return { key, column: key.parentColumns[at] ?? "" };
  }
  return undefined;
}

/** A problem of the draft, with its place in the text. */
export interface PlacedProblem {
  problem: Problem;
  from: number;
  to: number;
}

export function within(problems: readonly PlacedProblem[], pointer: string): PlacedProblem[] {
  return problems.filter((entry) => isWithin(entry.problem.pointer, pointer));
}

export function reportOf(report: Report | undefined, table: string, column: string) {
  return report?.tables
    .find((entry) => entry.name === table)
    ?.columns.find((entry) => entry.name === column);
}

/** A planned type without its figures: `decimal(18,2)` is a decimal. */
export function plainType(type: string): string {
  return type.replace(/[(<].*$/, "");
}
