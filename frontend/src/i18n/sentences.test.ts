import { describe, expect, it } from "vitest";
import en from "@/locales/en.json";
import names from "./meanings.es.json";
import {
  declared,
  generatorGroups,
  meanings,
  parameterNames,
  serverSentences,
  takes,
} from "./sentences";
import { dictionaryOf, plainOf, translate, translateList } from "./templates";
import templates from "./templates.es.json";
import words from "./words.es.json";

const list = { ...words, ...names };

const { "{}; {}": joined, "{}: {}": placed, ...whole } = templates;
const spanish = dictionaryOf(list, templates, "o");
/** Without the templates that put sentences together, which would pass over one that is known in part. */
const strict = dictionaryOf(list, whole, "o");
const language = () =>
  new Set(
    ["engine/src/schema", "engine/src/generators", "engine/src/llm"].flatMap((folder) => [
      ...declared(folder),
    ]),
  );
/** Kinds of values, one by one; a list's kind by that of its items. */
const kinds = () => [...takes()].flatMap((alternatives) => alternatives.split(/, (?!each )| or /));
const untranslated = (sentences: Iterable<string>) =>
  [...sentences].filter((sentence) => translate(sentence, strict) === plainOf(sentence));

/** What is no sentence of its own: parts that are put into others, what the terminal alone prints, headers and names. */
const PARTS = new Set([
  ": with at least 7 each there are at least 7",
  ": with at most 7 each there are at most 7",
  ": rows are numbered below 2^63",
  " and at most 7",
  "at least",
  "at most",
  ", 7 on average",
  ", the type is 7",
  ", 7 in all",
  "7 is below min",
  "7 is before 7",
  "line 7, column 7: ",
  " at line ",
  "duplicate mapping key: ",
  " at Line: ",
  "Os { code: ",
  "sql parser error: ",
  "7 of the row",
  "number within 7",
  "primary key",
  "foreign key → 7.7",
  "7: seed 7, locale 7, reference time 7, engine 7",
  ", children of 7",
  "may be null",
  "  filled in the order: 7",
  "\nlanguage model",
  "; 7 answers for 7 combinations",
  "; 7 answers for each combination",
  ", 7 tokens sent and 7 received",
  "\nloads in the order: 7",
  "  memory: 7 of rows in flight a thread7",
  ", and at most 7 beside them",
  "holds at most 7 beside the rows in flight",
  "event: progress\nid: 7\ndata: 7\n\n",
  "event: 7\ndata: 7\n\n",
  "it was stopped",
  "unknown field",
  "missing field",
  "invalid type: ",
  "invalid value: ",
  "unknown variant ",
  "untagged enum",
  "a JSON number",
  "a string",
  "a sequence",
  "one of ",
  "floating point ",
  "invalid escape",
  "invalid number",
  "number out of range",
  "invalid unicode",
  "control character",
  "key must be a string",
  "lone leading surrogate",
  "trailing comma",
  "trailing characters",
  "unexpected end of hex escape",
  "recursion limit exceeded",
  "database is locked",
  "disk is full",
  "readonly database",
  "disk I/O error",
  "SELECT coalesce(sum(size_bytes), 0) AS total FROM exports",
  "(SELECT file FROM pragma_database_list WHERE name = 'main')",
  "7: the database is damaged: 7; restore a backup",
  "public, max-age=31536000, immutable",
  "disk space during the spilling process",
  "American Express",
  "Diners Club",
  "codice fiscale",
]);

/** Nouns that the server puts into its sentences, and names of states. */
const NOUNS = new Set([
  "VAT number",
  "a URL",
  "a span",
  "a time",
  "an expression",
  "bytes",
  "cancelled",
  "case",
  "characters",
  "city",
  "colour",
  "column",
  "component",
  "country",
  "dataset",
  "district",
  "export",
  "failed",
  "generation",
  "identifier",
  "mean",
  "missing",
  "needs_key",
  "no YAML",
  "nothing",
  "page",
  "place",
  "product",
  "queued",
  "resource",
  "running",
  "state",
  "succeeded",
  "sum",
  "table",
  "the dataset",
  "the generation",
  "unterminated string literal",
  "year-month-day, day/month/year or month/day/year",
]);

describe("the server's sentences in Spanish", () => {
  it("hold every description of the schema language and its generators", () => {
    const all = language();
    expect(all.size).toBeGreaterThan(200);
    expect(untranslated(all)).toEqual([]);
  });

  it("hold what each parameter takes", () => {
    const left = [...takes()].filter((text) =>
      /(?<!\p{L})(an?|each|any)(?!\p{L})/u.test(translateList(text, spanish)),
    );
    expect(left).toEqual([]);
  });

  it("hold every sentence of the server's sources", () => {
    const all = serverSentences();
    expect(all.size).toBeGreaterThan(300);
    const missing = untranslated(all.keys()).filter((sentence) => !PARTS.has(sentence));
    expect(missing.map((sentence) => `${all.get(sentence)}: ${sentence}`)).toEqual([]);
  });

  it("hold what the names of columns say, abbreviations aside", () => {
    const left = [...meanings()].filter((words) => !(words in list) && !/^[A-Z]+$/.test(words));
    expect(left).toEqual([]);
  });

  it("have a label for each parameter and group of generators, in both languages", () => {
    // The Spanish file has the keys of the English one.
    expect([...parameterNames()].filter((name) => !(name in en.forms.parameter))).toEqual([]);
    const groups = [...generatorGroups()];
    expect(groups.length).toBeGreaterThan(5);
    expect(groups.filter((name) => !(name in en.generators.group))).toEqual([]);
    expect(groups.filter((name) => !(name in en.modeller.group))).toEqual([]);
  });

  it("have no English word left in them", () => {
    const left = [...Object.values(list), ...Object.values(templates)].filter((words) =>
      /(?<!\p{L})(the|and|or|of|with|which|each|is|are|not|its|by|for|absent)(?!\p{L})/u.test(
        words.replace(/`[^`]*`|\{[^}]*\}/g, ""),
      ),
    );
    expect(left).toEqual([]);
  });

  it("hold nothing that the server does not say", () => {
    const known = new Set([
      ...[...serverSentences().keys()].map(plainOf),
      ...language(),
      ...kinds(),
      ...NOUNS,
    ]);
    // The kinds of lists are more than the parameters take now.
    const own = Object.keys(words).filter((sentence) => !sentence.startsWith("a list, each "));
    expect(own.filter((sentence) => !known.has(sentence))).toEqual([]);
  });
});
