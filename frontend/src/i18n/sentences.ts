import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/*
 * For the tests: all sentences that the server can send to be read, taken from where they are declared. Descriptions stand in
 * the document of the API; the sentences of problems in the engine's sources, a value's place in them being filled.
 */

const ROOT = join(import.meta.dirname, "../../..");

type Node = { [key: string]: unknown };

/** Descriptions of everything that a schema of the API leads to. */
export function descriptions(name: string): Set<string> {
  const document = parse(readFileSync(join(ROOT, "openapi.yaml"), "utf8")) as {
    components: { schemas: Record<string, unknown> };
  };
  const schemas = document.components.schemas;
  const found = new Set<string>();
  const seen = new Set<unknown>();
  const walk = (node: unknown) => {
    if (typeof node !== "object" || node === null || seen.has(node)) return;
    seen.add(node);
    for (const [key, value] of Object.entries(node as Node)) {
      if (key === "description" && typeof value === "string") found.add(value);
      else if (key === "$ref" && typeof value === "string") {
        walk(schemas[value.slice(value.lastIndexOf("/") + 1)]);
      } else walk(value);
    }
  };
  walk(schemas[name]);
  return found;
}

function rustFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "tests" ? [] : rustFiles(path);
    return entry.name.endsWith(".rs") && entry.name !== "tests.rs" ? [path] : [];
  });
}

/** Where the text literal that opens at a place ends, behind its quote. */
function endOfLiteral(code: string, open: number): number {
  let at = open + 1;
  while (at < code.length && code[at] !== '"') at += code[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** The arguments of the call whose bracket opens at a place. */
function argumentsAt(code: string, open: number): string[] {
  const list: string[] = [];
  let depth = 0;
  let start = open + 1;
  for (let at = open; at < code.length; at += 1) {
    const c = code[at];
    if (c === '"') {
      at = endOfLiteral(code, at) - 1;
    } else if (c === "(" || c === "[" || c === "{") {
      depth += 1;
    } else if (c === ")" || c === "]" || c === "}") {
      depth -= 1;
      if (depth === 0) {
        list.push(code.slice(start, at));
        break;
      }
    } else if (c === "," && depth === 1) {
      list.push(code.slice(start, at));
      start = at + 1;
    }
  }
  return list.map((argument) => argument.trim());
}

/** The text literals of an expression as a reader sees them, each place of a value filled. */
function sentencesOf(expression: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < expression.length; at += 1) {
    if (expression[at] !== '"') continue;
    const end = endOfLiteral(expression, at);
    found.push(
      expression
        .slice(at + 1, end - 1)
        .replace(/\\\n\s*/g, "")
        .replace(/\\"/g, '"')
        .replace(/\\\\/g, "\\")
        .replace(/\{\{/g, "\u0001")
        .replace(/\}\}/g, "\u0002")
        .replace(/\{[^{}]*:\?\}/g, '"7"')
        .replace(/\{[^{}]*\}/g, "7")
        .replace(/\u0001/g, "{")
        .replace(/\u0002/g, "}"),
    );
    at = end - 1;
  }
  return found;
}

/** Sentences of problems and of the ways on. Parts of sentences, of one or two words, are left out. */
export function problemSentences(): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of rustFiles(join(ROOT, "engine/src"))) {
    const whole = readFileSync(path, "utf8");
    const code = whole.split("#[cfg(test)]\nmod tests {")[0] ?? "";
    for (const call of code.matchAll(/(Problem::new|\.remedy|nothing_fits)\(/g)) {
      const list = argumentsAt(code, call.index + call[0].length - 1);
      const argument = (call[1] === "Problem::new" ? list[1] : list[0]) ?? "";
      const name = /^&?(\w+)(\.clone\(\))?$/.exec(argument)?.[1];
      const declared = name ? code.lastIndexOf(`let ${name} =`, call.index) : -1;
      const expression = declared < 0 ? argument : code.slice(declared, code.indexOf(";\n", declared));
      for (const sentence of sentencesOf(expression)) {
        if (sentence.trim().split(/\s+/).length > 2) found.set(sentence, path.slice(ROOT.length + 1));
      }
    }
  }
  return found;
}
