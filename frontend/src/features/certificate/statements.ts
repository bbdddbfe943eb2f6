import type { Schemas } from "@/api/client";

/** A number that a statement asks for, and what it is. */
export interface Measure {
  what: string;
  asked: string;
  measured: string;
}

export type Statement = Schemas["Certificate"]["results"][number] & {
  unproved?: string | null;
  measures?: Measure[];
};
export type StatementGroup = "rules" | "keys" | "values";

/** What the certificate adds to the schema's rules: statements of keys, and of the values of single columns. */
const KEYS = new Set(["primary-key", "foreign-key", "where", "tree", "children", "unique"]);
const VALUES = new Set(["type", "null", "length", "given", "rows"]);

export function groupOf(statement: { kind: string }): StatementGroup {
  if (KEYS.has(statement.kind)) return "keys";
  return VALUES.has(statement.kind) ? "values" : "rules";
}

export interface StatementsOfTable {
  table: string;
  statements: Statement[];
}

const rank = (statement: Statement) =>
  (statement.broken ?? 0) > 0 ? 0 : statement.unproved ? 1 : 2;
const importance: Record<StatementGroup, number> = { rules: 0, keys: 1, values: 2 };

/** The statements that match, table by table; broken ones first, then what could not be proved, rules before keys before values. */
export function arrange(
  statements: Statement[],
  filter: { group: StatementGroup | "all"; search: string },
): StatementsOfTable[] {
  const words = filter.search.trim().toLowerCase();
  const shown = statements.filter(
    (statement) =>
      (filter.group === "all" || groupOf(statement) === filter.group) &&
      (words === "" ||
        `${statement.id} ${statement.table} ${statement.statement}`.toLowerCase().includes(words)),
  );
  const tables = new Map<string, Statement[]>();
  for (const statement of shown) {
    tables.set(statement.table, [...(tables.get(statement.table) ?? []), statement]);
  }
  const arranged = [...tables].map(([table, list]) => ({
    table,
    statements: list
      .map((statement, at) => ({ statement, at }))
      .sort(
        (a, b) =>
          rank(a.statement) - rank(b.statement) ||
          importance[groupOf(a.statement)] - importance[groupOf(b.statement)] ||
          a.at - b.at,
      )
      .map(({ statement }) => statement),
  }));
  const first = ({ statements: [head] }: StatementsOfTable) => (head ? rank(head) : 2);
  return arranged
    .map((group, at) => ({ group, at }))
    .sort((a, b) => Math.min(first(a.group), 1) - Math.min(first(b.group), 1) || a.at - b.at)
    .map(({ group }) => group);
}

/** The `SELECT` of each statement out of a `verify.sql`, where a comment line `-- id: statement` stands above each. */
export function splitSql(sql: string, ids: string[]): Map<string, string> {
  const known = new Set(ids);
  const found = new Map<string, string>();
  let id: string | null = null;
  let lines: string[] = [];
  const keep = () => {
    if (id !== null) found.set(id, lines.join("\n").trim());
  };
  for (const line of sql.split("\n")) {
    const named = /^-- (.+?): /.exec(line)?.[1];
    // An id may hold ": " itself; the longest known one wins.
    const next =
      named === undefined
        ? undefined
        : known.has(named)
          ? named
          : ids.find((each) => line.startsWith(`-- ${each}: `));
    if (next !== undefined) {
      keep();
      id = next;
      lines = [];
    } else if (id !== null) {
      lines.push(line);
    }
  }
  keep();
  return found;
}
