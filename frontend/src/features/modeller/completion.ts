import { isMap, isScalar, isSeq, parseDocument } from "yaml";
import { type JsonSchema, propertiesOf, resolve } from "@/forms/schema";
import { isRecord, type Path, valueAt } from "./pointer";

export interface Completion {
  label: string;
  detail: string;
  /** What is written: a key brings its colon. */
  insert: string;
}

export interface Completions {
  from: number;
  options: Completion[];
}

/** Stands in for the word that is being typed, so that the text around it can be read. */
const HERE = "completion_stands_here";

/** What may stand at an offset of the text: keys of the language where a key is typed, else the words that a value may be. */
export function completionsAt(
  text: string,
  offset: number,
  language: JsonSchema,
  namesFor: (description: string) => readonly string[],
): Completions | null {
  const before = text.slice(0, offset);
  const word = /[\p{L}\p{N}_-]*$/u.exec(before)?.[0] ?? "";
  const from = offset - word.length;
  const after = /^[\p{L}\p{N}_-]*/u.exec(text.slice(offset))?.[0] ?? "";
  const lead = text.slice(0, from);
  const tail = text.slice(offset + after.length);
  const hasColon = /^\s*:/.test(tail);
  const isValue = /:[ \t]+["']?$/.test(lead) || /[[,]\s*$/.test(lead);
  if (!isValue || hasColon || /[{,]\s*$/.test(lead)) {
    const found = keysAt(`${lead}${HERE}${hasColon ? "" : ": x"}${tail}`, language);
    if (found && found.length > 0)
      return {
        from,
        options: found.map((option) => (hasColon ? { ...option, insert: option.label } : option)),
      };
  }
  if (!isValue) return null;
  const options = valuesAt(`${lead}${HERE}${tail}`, language, namesFor);
  return options ? { from, options } : null;
}

/** The path of the marked word in a text: as a key of the map at the path, or as the value there. */
function find(text: string): { path: Path; isKey: boolean; value: unknown } | null {
  const document = parseDocument(text);
  let found: { path: Path; isKey: boolean } | null = null;
  const walk = (node: unknown, path: Path): void => {
    if (found) return;
    if (isMap(node)) {
      for (const pair of node.items) {
        const key = String(isScalar(pair.key) ? pair.key.value : pair.key);
        if (key === HERE) found = { path, isKey: true };
        else walk(pair.value, [...path, key]);
      }
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) walk(item, [...path, index]);
    } else if (isScalar(node) && node.value === HERE) found = { path, isKey: false };
  };
  walk(document.contents, []);
  if (!found) return null;
  try {
    return { ...(found as { path: Path; isKey: boolean }), value: document.toJS() as unknown };
  } catch {
    return null;
  }
}

/** The schema of the value at a path, alternatives chosen by what is written. */
export function schemaAt(language: JsonSchema, value: unknown, path: Path): JsonSchema | undefined {
  let schema: JsonSchema | undefined = language;
  let current = value;
  for (const step of path) {
    if (!schema) return undefined;
    schema =
      typeof step === "number"
        ? itemOf(schema, language)
        : propertiesOf(schema, language, isRecord(current) ? current : {})[step];
    current = valueAt(current, [step]);
  }
  return schema;
}

function itemOf(schema: JsonSchema, root: JsonSchema): JsonSchema | undefined {
  const resolved = resolve(schema, root);
  if (isRecord(resolved.items)) return resolved.items as JsonSchema;
  for (const option of resolved.anyOf ?? []) {
    const item = itemOf(option, root);
    if (item) return item;
  }
  return undefined;
}

function keysAt(text: string, language: JsonSchema): Completion[] | null {
  const place = find(text);
  if (!place?.isKey) return null;
  const written = valueAt(place.value, place.path);
  const schema = schemaAt(language, place.value, place.path);
  if (!schema || !isRecord(written)) return null;
  const { [HERE]: _here, ...rest } = written;
  const properties = { ...fixedKeys(schema, language), ...propertiesOf(schema, language, rest) };
  return Object.entries(properties)
    .filter(([key]) => !(key in rest))
    .map(([key, property]) => ({
      label: key,
      detail: property.description ?? resolve(property, language).description ?? "",
      insert: `${key}: `,
    }));
}

/** The keys whose fixed words tell alternatives apart, so that they are offered before one is chosen. */
function fixedKeys(schema: JsonSchema, root: JsonSchema): Record<string, JsonSchema> {
  const found: Record<string, JsonSchema> = {};
  for (const option of options(schema, root)) {
    for (const [key, property] of Object.entries(option.properties ?? {})) {
      if (resolve(property, root).const !== undefined) found[key] ??= { description: "" };
    }
  }
  return found;
}

function options(schema: JsonSchema, root: JsonSchema): JsonSchema[] {
  const resolved = resolve(schema, root);
  const nested = [...(resolved.oneOf ?? []), ...(resolved.anyOf ?? [])];
  return nested.length === 0 ? [resolved] : nested.flatMap((option) => options(option, root));
}

function valuesAt(
  text: string,
  language: JsonSchema,
  namesFor: (description: string) => readonly string[],
): Completion[] | null {
  const place = find(text);
  if (!place || place.isKey) return null;
  const key = place.path.findLast((step) => typeof step === "string");
  const parent = schemaAt(language, place.value, place.path.slice(0, -1));
  const fixed =
    parent && typeof place.path.at(-1) === "string" ? constants(parent, language, String(key)) : [];
  if (fixed.length > 0) return fixed;
  const schema = schemaAt(language, place.value, place.path);
  if (!schema) return null;
  const words = options(schema, language).flatMap((option) => [
    ...(option.const === undefined
      ? []
      : [
          {
            label: String(option.const),
            detail: option.description ?? "",
            insert: String(option.const),
          },
        ]),
    ...(option.enum ?? [])
      .filter((value) => value !== null)
      .map((value) => ({ label: String(value), detail: "", insert: String(value) })),
    ...([option.type].flat().includes("boolean")
      ? ["true", "false"].map((label) => ({ label, detail: "", insert: label }))
      : []),
  ]);
  if (words.length > 0) return words;
  const holder =
    typeof place.path.at(-1) === "number"
      ? schemaAt(language, place.value, place.path.slice(0, -1))
      : schema;
  const description = schema.description ?? holder?.description ?? "";
  return namesFor(description).map((label) => ({ label, detail: "", insert: label }));
}

function constants(schema: JsonSchema, root: JsonSchema, key: string): Completion[] {
  return options(schema, root).flatMap((option) => {
    const property = option.properties?.[key];
    const value = property && resolve(property, root).const;
    return typeof value === "string"
      ? [{ label: value, detail: option.description ?? "", insert: value }]
      : [];
  });
}
