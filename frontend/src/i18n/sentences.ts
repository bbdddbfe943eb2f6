import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { plainOf } from "./templates";

/*
 * For the tests: all sentences that the server can send to be read, taken from its sources, a value's place in a sentence being
 * filled. What the generators' parameters take is told by the document of the API.
 */

const ROOT = join(import.meta.dirname, "../../..");

interface Schema {
  [key: string]: unknown;
  $ref?: string;
  description?: string;
  title?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  items?: Schema;
  properties?: Record<string, Schema>;
}

const schemas = (
  parse(readFileSync(join(ROOT, "openapi.yaml"), "utf8")) as {
    components: { schemas: Record<string, Schema> };
  }
).components.schemas;

const named = (reference: string) => reference.slice(reference.lastIndexOf("/") + 1);

/** Descriptions that a folder of the engine declares: comments of types that have a JSON Schema, and of their parts. */
export function declared(folder: string): Set<string> {
  const found = new Set<string>();
  const attributes = String.raw`(?:^[ \t]*#\[(?:[^\]]|\](?!\n))*\]\n)*`;
  const item = new RegExp(
    String.raw`((?:^[ \t]*\/\/\/[^\n]*\n)+)${attributes}?^[ \t]*#\[derive\([^)]*JsonSchema[^)]*\)\]\n${attributes}pub(?:\([^)]*\))? (?:struct|enum)([^\n]*)`,
    "gm",
  );
  const textOf = (comment: string) => plainOf(comment.replace(/^[ \t]*\/\/\/ ?/gm, " "));
  for (const path of rustFiles(folder)) {
    const code = codeOf(path);
    for (const match of code.matchAll(item)) {
      found.add(textOf(match[1] ?? ""));
      if (match[2]?.trimEnd().endsWith(";")) continue;
      const body = code.slice(match.index + match[0].length).split("\n}")[0] ?? "";
      for (const comment of body.matchAll(/(?:^[ \t]*\/\/\/[^\n]*\n)+/gm))
        found.add(textOf(comment[0]));
    }
  }
  return found;
}

/** What the generators' parameters take, in the words of the catalogue: `a whole number or {sql}`. */
export function takes(): Set<string> {
  const found = new Set<string>();
  for (const generator of (schemas.Generator?.oneOf as Schema[] | undefined) ?? []) {
    const own = generator.$ref ? (schemas[named(generator.$ref)] ?? {}) : generator;
    for (const [key, property] of Object.entries(own.properties ?? {})) {
      if (key === "type") continue;
      const kinds = [...kindsOf(property)];
      const last = kinds.pop();
      if (last === undefined) found.add("any value");
      else found.add(kinds.length > 0 ? `${kinds.join(", ")} or ${last}` : last);
    }
  }
  return found;
}

/** What names of columns mean, as the plan says why it chose a generator. */
export function meanings(): Set<string> {
  const table = join(ROOT, "engine/src/plan/auto/names.tsv");
  if (!existsSync(table)) return new Set();
  const [head = "", ...rows] = readFileSync(table, "utf8").trim().split("\n");
  const says = head.split("\t").indexOf("says");
  return new Set(rows.map((row) => row.split("\t")[says] ?? ""));
}

/** Names of the parameters of all generators, as forms label them. */
export function parameterNames(): Set<string> {
  const generators = (schemas.Generator?.oneOf as Schema[] | undefined) ?? [];
  const names = generators.flatMap((generator) =>
    Object.keys((generator.$ref ? schemas[named(generator.$ref)] : generator)?.properties ?? {}),
  );
  return new Set(names);
}

/** Names of the groups of generators: of the modules that hold them. */
export function generatorGroups(): Set<string> {
  const folder = "engine/src/generators";
  return new Set(
    rustFiles(folder)
      .filter((path) => /^impl Generator for /m.test(codeOf(path)))
      .map((path) => path.slice(folder.length + 1).replace(/(\.rs$|\/.*)/, "")),
  );
}

/** As `catalogue/words.rs` gathers them. */
function kindsOf(schema: Schema, depth = 0): Set<string> {
  const kinds = new Set<string>();
  const add = (other: Iterable<string>) => {
    for (const kind of other) kinds.add(kind);
  };
  if (schema.$ref) {
    const name = named(schema.$ref);
    const isOfGenerators = name === "Generator";
    const definition = schemas[name];
    if (definition && depth < 4 && !isOfGenerators) return kindsOf(definition, depth + 1);
    return new Set([`a ${name.toLowerCase()}`]);
  }
  for (const key of ["anyOf", "oneOf", "allOf"]) {
    for (const variant of (schema[key] as Schema[] | undefined) ?? [])
      add(kindsOf(variant, depth + 1));
  }
  if (schema.const !== undefined) return kinds.add(String(schema.const));
  if (schema.enum) {
    add(schema.enum.filter((word) => word !== null).map(String));
    return kinds;
  }
  if (schema.title && /^[a-z]/.test(schema.title)) return kinds.add(`a ${schema.title}`);
  for (const type of [schema.type ?? []].flat()) {
    if (type === "null") continue;
    if (type === "array") {
      const items = schema.items && depth < 4 ? [...kindsOf(schema.items, depth + 1)] : [];
      kinds.add(items.length > 0 ? `a list, each ${items.join(" or ")}` : "a list");
    } else if (type === "object") {
      const keys = Object.keys(schema.properties ?? {});
      kinds.add(keys.length > 0 ? `{${keys.join(", ")}}` : "a map");
    } else if (type === "integer") kinds.add("a whole number");
    else if (type === "boolean") kinds.add("true or false");
    else kinds.add(type === "string" ? "a text" : `a ${type}`);
  }
  return kinds;
}

/** Sources whose texts no answer of the API holds. */
const SILENT = [
  // The reference of functions is a page of the documentation.
  "engine/src/functions/list.rs",
  // SQL for other databases, and the certificate as a page of its own.
  "engine/src/verify/dialect.rs",
  "engine/src/verify/dialect",
  "engine/src/verify/sql.rs",
  "engine/src/verify/sql",
  "engine/src/verify/html.rs",
  // Values that generators choose from.
  "engine/src/locale",
  // The terminal's commands alone read files, or write them without an export.
  "formats/src/csv/read.rs",
  "formats/src/json/read.rs",
  "formats/src/json/token.rs",
  "formats/src/xlsx/read.rs",
  "formats/src/xlsx/package.rs",
  "formats/src/source.rs",
  "api/src/certificates/source.rs",
  "api/src/generations/files",
  // The first sheet of a workbook.
  "formats/src/xlsx/front.rs",
  // What a library's sentences are known by.
  "engine/src/query/phrases.rs",
  // What is told where the server starts, and the document of the API.
  "api/src/config",
  // What commands and the log tell whoever keeps the installation.
  "api/src/backups",
  "api/src/db/files.rs",
  "api/src/db/writer.rs",
  "api/src/operations",
  "api/src/storage/lock.rs",
  "api/src/openapi",
  // What programs ask: monitors, and browsers of pages.
  "api/src/health.rs",
  "api/src/metrics.rs",
  "api/src/http/cors.rs",
  "api/src/http/headers.rs",
];

/** What stands before a text that is for programmers or the log; the cause of a failure of the server is one. */
const UNSAID =
  /(\.expect|Internal|\binternal|(unreachable|panic|error|warn|info|debug)!)\(\s*(format!\(\s*)?$|assert(_\w+)?!\([^;]*$/;

/** What stands before the sentence of a problem, which may be a word or two. */
const SAID = /(\.remedy\(|SqlProblem::new\(|Problem::new\(\s*"\w+",)\s*(format!\(\s*)?$/;

/** A verb has what it speaks of put before it: a pattern in quotes, the name and value of a parameter. */
const STARTS_WITH_VERB = /^(is|has|matches|ends) /;

const FORMAT = /((format|write|writeln)!\(\s*(\w+,\s*)?|#\[error\(\s*)$/;

function rustFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (SILENT.some((silent) => path === silent || path.startsWith(`${silent}/`))) return [];
    if (entry.isDirectory()) return entry.name === "tests" ? [] : rustFiles(path);
    return entry.name.endsWith(".rs") && entry.name !== "tests.rs" ? [path] : [];
  });
}

/** The code of a file without its tests. */
function codeOf(path: string): string {
  const source = readFileSync(join(ROOT, path), "utf8");
  return source.split(/#\[cfg\(test\)\]\n(?:#\[[^\n]*\n)*mod \w+ \{/)[0] ?? "";
}

/** Texts of Rust code, comments, attributes other than errors' and raw texts aside, and what stands before each. */
function* literals(code: string): Generator<{ text: string; before: string }> {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\br(#*)"[\s\S]*?"\1|'(?:\\.[^']*|[^'\\])'|#!?\[(?!error)(?:"(?:\\[\s\S]|[^"\\])*"|\[[^\]]*\]|[^\]"[])*\]|"((?:\\[\s\S]|[^"\\])*)"/g;
  for (const match of code.matchAll(token)) {
    if (match[2] === undefined) continue;
    yield { text: match[2], before: code.slice(Math.max(0, match.index - 120), match.index) };
  }
}

function filled(text: string, isFormat: boolean): string {
  const plain = text
    .replace(/\\\n\s*/g, "")
    .replace(/\\n/g, "\n")
    .replace(/\\"/g, '"')
    .replace(/\\\\/g, "\\");
  if (!isFormat) return plain;
  return plain
    .replace(/\{\{/g, "\ue000")
    .replace(/\}\}/g, "\ue001")
    .replace(/\{[^{}]*:\?\}/g, '"7"')
    .replace(/\{[^{}]*\}/g, "7")
    .replace(/\ue000/g, "{")
    .replace(/\ue001/g, "}");
}

/** Whether a text has two words of prose; names, SQL and examples of the language have not. */
function isProse(text: string): boolean {
  if (/^\{\w+: |^Mozilla\//.test(text) || /^[A-Z_]{4,}[:,]/.test(text)) return false;
  return (
    text.split(/\s+/).filter((word) => /^[A-Z]?[a-z]+(-[a-z]+)?('s)?[,;:.?]?$/.test(word)).length >
    1
  );
}

/** Files whose sentences are for a language model. */
const TOLD_TO_MODELS = /^llm\/src\/(assistant\/(grounding|withheld)|questions|structured)\.rs$/;

/** Every text in the server's sources that reads as a sentence or a part of one, and the file that holds it. */
export function serverSentences(): Map<string, string> {
  const found = new Map<string, string>();
  const files = ["engine/src", "api/src", "formats/src"].flatMap(rustFiles);
  // What the language model is told is no sentence to people.
  files.push(...rustFiles("llm/src").filter((path) => !TOLD_TO_MODELS.test(path)));
  for (const path of files) {
    for (const { text, before } of literals(codeOf(path))) {
      if (UNSAID.test(before)) continue;
      const sentence = filled(text, FORMAT.test(before));
      const subject = path.startsWith("engine/src/automaton/") ? '"7"' : "7";
      const whole = STARTS_WITH_VERB.test(sentence) ? `${subject} ${sentence}` : sentence;
      const isSaid = SAID.test(before) && /[a-z]{2}/.test(sentence);
      if (isSaid || isProse(sentence)) found.set(whole, path);
    }
  }
  return found;
}
