/** A name in SQL text: a path of identifiers such as `candidate.hired_on`, with the place of each part. */
export interface NamePath {
  parts: { name: string; from: number; to: number; quoted: boolean }[];
}

const TOKEN =
  /'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*|\d[\w.]*|\S/gu;

/** The names in an SQL text, outside of literals and comments; what a call names is a function and left out. */
export function namesIn(sql: string): NamePath[] {
  const tokens = [...sql.matchAll(TOKEN)].map((match) => ({
    text: match[0],
    from: match.index,
    to: match.index + match[0].length,
  }));
  const paths: NamePath[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const first = tokens[at];
    if (!first || !isName(first.text)) continue;
    const path: NamePath = { parts: [partOf(first)] };
    while (tokens[at + 1]?.text === "." && isName(tokens[at + 2]?.text ?? "")) {
      path.parts.push(partOf(tokens[at + 2] as (typeof tokens)[number]));
      at += 2;
    }
    if (tokens[at + 1]?.text !== "(") paths.push(path);
  }
  return paths;
}

function isName(text: string): boolean {
  return /^["\p{L}_]/u.test(text);
}

function partOf(token: { text: string; from: number; to: number }): NamePath["parts"][number] {
  const quoted = token.text.startsWith('"');
  return {
    name: quoted ? token.text.slice(1, -1).replaceAll('""', '"') : token.text,
    from: token.from,
    to: token.to,
    quoted,
  };
}

/** A name as SQL writes it: in double quotes where it is no plain identifier. */
export function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Whether a part of a path means the name: unquoted, SQL does not tell capitals from small letters. */
export function isNamed(part: NamePath["parts"][number], name: string): boolean {
  return part.quoted ? part.name === name : part.name.toLowerCase() === name.toLowerCase();
}

/** Puts other names in: `choose` gets each path and gives, by index of the part, the name that replaces it. */
export function replaceNames(
  sql: string,
  choose: (path: NamePath) => Map<number, string>,
): { sql: string; count: number } {
  let result = sql;
  let count = 0;
  for (const path of namesIn(sql).reverse()) {
    const chosen = choose(path);
    for (let index = path.parts.length - 1; index >= 0; index -= 1) {
      const name = chosen.get(index);
      const part = path.parts[index];
      if (name === undefined || !part) continue;
      result = result.slice(0, part.from) + quoteName(name) + result.slice(part.to);
      count += 1;
    }
  }
  return { sql: result, count };
}
