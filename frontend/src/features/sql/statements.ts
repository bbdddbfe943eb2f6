/** Comments, texts and quoted names are taken whole, so that no sign in them ends a statement. */
const TOKEN = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|;|[\s\S]/g;

export interface Statement {
  /** The statement without its semicolon and the blanks around it. */
  sql: string;
  /** Where its part of the text begins and ends. */
  from: number;
  to: number;
}

/** The statements of a text, which stand between semicolons. */
export function statementsOf(text: string): Statement[] {
  const statements: Statement[] = [];
  let from = 0;
  const end = (at: number, next: number) => {
    const sql = text.slice(from, at).trim();
    if (sql !== "") statements.push({ sql, from, to: next });
    from = next;
  };
  for (const match of text.matchAll(TOKEN)) {
    if (match[0] === ";") end(match.index, match.index + 1);
  }
  end(text.length, text.length);
  return statements;
}

/** The statement at the cursor; behind the last one, the last. */
export function statementAt(text: string, cursor: number): string | null {
  const statements = statementsOf(text);
  // A cursor right behind a semicolon still stands at the statement that it ends.
  const found = statements.find((each) => cursor <= each.to) ?? statements.at(-1);
  return found?.sql ?? null;
}

/** A name as SQL reads it: in quotes where it is not a plain one in lower case. */
export function sqlName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name)
    ? name
    : `"${name.replaceAll('"', '""')}"`;
}

/** Words that a table or a column is easily called, and that SQL reads otherwise. */
const RESERVED = new Set(
  "all and any as asc between by case cast check column create cross current date default desc distinct else end except exists false for foreign from full group having in inner intersect interval into is join key left like limit natural not null offset on or order outer primary references right select set table then time timestamp to true union unique user using values when where with year".split(
    " ",
  ),
);

/** Cells between tabs, a line a row, as spreadsheets take them. */
export function tabbed(columns: string[], rows: string[][]): string {
  const cell = (text: string) => text.replaceAll(/[\t\n\r]+/g, " ");
  return [columns, ...rows].map((row) => row.map(cell).join("\t")).join("\n");
}
