/** A filter is one SQL condition in the address. What the page itself writes is `(…) AND (…)`, so that it can be taken apart. */

export type Operator = "=" | "<>" | "<" | "<=" | ">" | ">=" | "contains" | "null" | "not_null";

export const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;
const text = (value: string) => `'${value.replaceAll("'", "''")}'`;

/** A column against a value, as SQL. */
export function condition(
  column: { name: string; is_number: boolean },
  operator: Operator,
  value: string,
): string {
  const name = identifier(column.name);
  if (operator === "null") return `${name} IS NULL`;
  if (operator === "not_null") return `${name} IS NOT NULL`;
  if (operator === "contains") {
    return `strpos(lower(CAST(${name} AS VARCHAR)), ${text(value.toLowerCase())}) > 0`;
  }
  const isNumber = column.is_number && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value);
  return `${name} ${operator} ${isNumber ? value.trim() : text(value)}`;
}

/** The conditions of a filter. One that somebody wrote by hand is a single one. */
export function splitConditions(where: string | undefined): string[] {
  if (!where) return [];
  const parts: string[] = [];
  let depth = 0;
  let quote: string | null = null;
  let from = 0;
  for (let at = 0; at < where.length; at++) {
    const mark = where[at] ?? "";
    if (quote !== null) {
      if (mark === quote) quote = null;
    } else if (mark === "'" || mark === '"') {
      quote = mark;
    } else if (mark === "(") {
      if (depth === 0) from = at + 1;
      depth++;
    } else if (mark === ")") {
      depth--;
      if (depth < 0) return [where];
      if (depth === 0) {
        parts.push(where.slice(from, at));
        from = at + 1;
      }
    } else if (depth === 0 && !/\s/.test(mark)) {
      if (!/^AND\s*\(/i.test(where.slice(at)) || parts.length === 0) return [where];
      at += 2;
    }
  }
  return depth === 0 && quote === null && parts.length > 0 ? parts : [where];
}

export function joinConditions(conditions: string[]): string | undefined {
  return conditions.length === 0 ? undefined : conditions.map((each) => `(${each})`).join(" AND ");
}

export interface Order {
  column: string;
  descending: boolean;
}

export function readOrder(order: string | undefined): Order | null {
  const match = /^(?:"((?:[^"]|"")+)"|(\S+?))(?:\s+(asc|desc))?$/i.exec(order?.trim() ?? "");
  if (!match) return null;
  return {
    column: match[1]?.replaceAll('""', '"') ?? match[2] ?? "",
    descending: match[3]?.toLowerCase() === "desc",
  };
}

export function writeOrder(order: Order | null): string | undefined {
  if (order === null) return undefined;
  const name = /^\w+$/.test(order.column) ? order.column : identifier(order.column);
  return order.descending ? `${name} desc` : name;
}
