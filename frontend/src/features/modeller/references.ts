import type { JsonSchema } from "../../forms/schema";
import { isSqlText, propertiesOf, resolve, takesSql } from "../../forms/schema";
import { removeValue, setValue } from "./document";
import { isRecord, type Path } from "./pointer";
import type { NamePath } from "./sql";
import { isNamed, replaceNames } from "./sql";

/*
 * A rename follows every place that names the thing: keys, rules, parameters and SQL. Which text is SQL and which is
 * the name of a column is read from the descriptions of the published JSON Schema, so that a new generator or rule
 * kind needs nothing here.
 */

export interface Renamed {
  text: string;
  /** How many references were changed, the definition itself not counted. */
  count: number;
}

interface Dataset {
  tables?: unknown;
}
interface Key {
  name?: string;
  columns?: unknown;
  references?: { table?: string; columns?: unknown };
}

interface Edit {
  path: Path;
  value: string;
  /** How many names it replaces. */
  count: number;
}

/** What a text in the schema is taken for. */
type Role = "sql" | "column" | "child" | "key" | "template" | "none";

interface Leaf {
  path: Path;
  text: string;
  description: string;
}

function tablesOf(dataset: Dataset): Record<string, unknown>[] {
  return Array.isArray(dataset.tables) ? dataset.tables.filter(isRecord) : [];
}

function keysOf(table: Record<string, unknown>): Key[] {
  return Array.isArray(table.foreign_keys) ? table.foreign_keys.filter(isRecord) : [];
}

/** The table that a path of key names leads to from a table, or undefined. */
function reach(
  tables: Record<string, unknown>[],
  from: Record<string, unknown>,
  parts: NamePath["parts"],
): Record<string, unknown> | undefined {
  let current: Record<string, unknown> | undefined = from;
  for (const part of parts) {
    const key: Key | undefined =
      current &&
      keysOf(current).find((candidate) =>
        isNamed(part, candidate.name ?? candidate.references?.table ?? ""),
      );
    current = key && tables.find((table) => table.name === key.references?.table);
    if (!current) return undefined;
  }
  return current;
}

/** Every text inside a value together with what its JSON Schema says about it. */
function* leaves(
  value: unknown,
  schema: JsonSchema | undefined,
  root: JsonSchema,
  path: Path,
  description = "",
): Generator<Leaf> {
  const resolved = schema ? resolve(schema, root) : undefined;
  const words = resolved?.description ?? description;
  if (typeof value === "string") {
    // Without a type a text is data, a value of the rows, and never a reference.
    if (!resolved || !isText(resolved, root) || takesSql(resolved, root)) return;
    yield { path, text: value, description: schema?.description ?? words };
  } else if (Array.isArray(value)) {
    const items = resolved && itemsOf(resolved, root);
    for (const [index, item] of value.entries())
      yield* leaves(item, items, root, [...path, index], schema?.description ?? words);
  } else if (isRecord(value)) {
    const properties = resolved ? propertiesOf(resolved, root, value) : {};
    for (const [key, item] of Object.entries(value))
      yield* leaves(item, properties[key], root, [...path, key]);
  }
}

function isText(schema: JsonSchema, root: JsonSchema): boolean {
  if (schema.type === "string" || (Array.isArray(schema.type) && schema.type.includes("string")))
    return schema.const === undefined && schema.enum === undefined;
  return (schema.anyOf ?? []).some((option) => isText(resolve(option, root), root));
}

function itemsOf(schema: JsonSchema, root: JsonSchema): JsonSchema | undefined {
  if (isRecord(schema.items)) return schema.items as JsonSchema;
  for (const option of schema.anyOf ?? []) {
    const items = itemsOf(resolve(option, root), root);
    if (items) return items;
  }
  return undefined;
}

/** Keys whose text is a name or a sentence of its own. */
const OWN = new Set<unknown>(["id", "name", "description", "entity", "seed_as"]);

function roleOf(leaf: Leaf): Role {
  const words = leaf.description.toLowerCase();
  if (OWN.has(leaf.path[leaf.path.length - 1])) return "none";
  if (words.includes("{{")) return "template";
  if (words.includes("table.column")) return "child";
  if (isSqlText(String(leaf.path[leaf.path.length - 1]), words)) return "sql";
  if (/\bcolumns?\b/.test(words)) return "column";
  if (/\bkey\b/.test(words)) return "key";
  if (leaf.path[2] !== "rules") return "none";
  // A rule's text names columns, unless it is one of the words that its description lists, such as a statistic's.
  return new RegExp(
    `(^|[^\\p{L}_])${quoteForPattern(leaf.text.toLowerCase())}($|[^\\p{L}_])`,
    "u",
  ).test(words)
    ? "none"
    : "column";
}

function quoteForPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function definition(root: JsonSchema, name: string): JsonSchema | undefined {
  return root.$defs?.[name];
}

/** The texts of a table that may name a column, each with the table whose columns its SQL sees. */
function* references(
  tables: Record<string, unknown>[],
  index: number,
  root: JsonSchema,
): Generator<Leaf & { context: Record<string, unknown> }> {
  const table = tables[index] as Record<string, unknown>;
  const base: Path = ["tables", index];
  const parts: [unknown, JsonSchema | undefined, Path][] = [];
  for (const key of ["columns", "draws", "rules"] as const) {
    const schema = definition(root, "Table")?.properties?.[key];
    parts.push([table[key], schema, [...base, key]]);
  }
  for (const [value, schema, path] of parts)
    for (const leaf of leaves(value, schema, root, path)) yield { ...leaf, context: table };
  for (const [position, key] of keysOf(table).entries()) {
    const parent = tables.find((candidate) => candidate.name === key.references?.table);
    const { columns: _columns, references: _references, ...rest } = key;
    // The conditions of a key look at the parent's row.
    if (parent)
      for (const leaf of leaves(rest, definition(root, "ForeignKey"), root, [
        ...base,
        "foreign_keys",
        position,
      ]))
        yield { ...leaf, context: parent };
  }
}

function names(value: unknown, path: Path, name: string, replacement: string): Edit[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item, index) =>
    item === name ? [{ path: [...path, index], value: replacement, count: 1 }] : [],
  );
}

function apply(text: string, edits: Edit[]): string {
  return edits.reduce((result, edit) => setValue(result, edit.path, edit.value), text);
}

export interface RenameOptions {
  /** The language's JSON Schema. */
  root: JsonSchema;
  /** Keep the values that the thing has had, by seeding it with its old name. */
  keepValues: boolean;
}

/** Renames a column in its table and wherever it is named. */
export function renameColumn(
  text: string,
  dataset: Dataset,
  table: number,
  column: number,
  name: string,
  options: RenameOptions,
): Renamed {
  const tables = tablesOf(dataset);
  const owner = tables[table];
  const columns = owner && Array.isArray(owner.columns) ? owner.columns : [];
  const old: unknown = isRecord(columns[column]) ? columns[column].name : undefined;
  if (!owner || typeof old !== "string")
    return { text: setValue(text, ["tables", table, "columns", column, "name"], name), count: 0 };
  const edits: Edit[] = [...names(owner.primary_key, ["tables", table, "primary_key"], old, name)];
  for (const [index, entry] of (Array.isArray(owner.indexes) ? owner.indexes : []).entries()) {
    if (isRecord(entry))
      edits.push(
        ...names(entry.columns, ["tables", table, "indexes", index, "columns"], old, name),
      );
  }
  for (const [index, other] of tables.entries()) {
    for (const [position, key] of keysOf(other).entries()) {
      const base: Path = ["tables", index, "foreign_keys", position];
      if (index === table) edits.push(...names(key.columns, [...base, "columns"], old, name));
      if (key.references?.table === owner.name)
        edits.push(
          ...names(key.references?.columns, [...base, "references", "columns"], old, name),
        );
    }
    for (const leaf of references(tables, index, options.root)) {
      const renamed = renamedIn(leaf, tables, owner, old, name);
      if (renamed.count > 0) edits.push({ path: leaf.path, ...renamed });
    }
  }
  let result = apply(text, edits);
  const base: Path = ["tables", table, "columns", column];
  result = setValue(result, [...base, "name"], name);
  return {
    text: keepSeed(result, base, columns[column] as Record<string, unknown>, old, name, options),
    count: edits.reduce((sum, edit) => sum + edit.count, 0),
  };
}

/** A text with the column's new name, and how many times it stands there. */
function renamedIn(
  leaf: Leaf & { context: Record<string, unknown> },
  tables: Record<string, unknown>[],
  owner: Record<string, unknown>,
  old: string,
  name: string,
): { value: string; count: number } {
  const role = roleOf(leaf);
  const whole = (from: string, to: string) =>
    leaf.text === from ? { value: to, count: 1 } : { value: leaf.text, count: 0 };
  if (role === "child")
    return whole(`${String(owner.name)}.${old}`, `${String(owner.name)}.${name}`);
  if (role === "column" && leaf.context === owner) return whole(old, name);
  if (role === "template" && leaf.context === owner) {
    let count = 0;
    const value = leaf.text.replace(/\{\{\s*([^{}]+?)\s*\}\}/g, (match, inner: string) => {
      if (inner !== old) return match;
      count += 1;
      return `{{${name}}}`;
    });
    return { value, count };
  }
  if (role !== "sql") return { value: leaf.text, count: 0 };
  const replaced = replaceNames(leaf.text, (path) => {
    const end = path.parts.length - 1;
    const part = path.parts[end];
    const isHere =
      part !== undefined &&
      isNamed(part, old) &&
      reach(tables, leaf.context, path.parts.slice(0, end)) === owner;
    return new Map(isHere ? [[end, name]] : []);
  });
  return { value: replaced.sql, count: replaced.count };
}

function keepSeed(
  text: string,
  base: Path,
  thing: Record<string, unknown>,
  old: string,
  name: string,
  options: RenameOptions,
): string {
  if (thing.seed_as === name) return removeValue(text, [...base, "seed_as"]);
  if (!options.keepValues || thing.seed_as !== undefined) return text;
  return setValue(text, [...base, "seed_as"], old);
}

/** Renames a table, the keys that point at it and the paths that go by its name. */
export function renameTable(
  text: string,
  dataset: Dataset,
  table: number,
  name: string,
  options: RenameOptions,
): Renamed {
  const tables = tablesOf(dataset);
  const owner = tables[table];
  const old = owner?.name;
  if (!owner || typeof old !== "string")
    return { text: setValue(text, ["tables", table, "name"], name), count: 0 };
  const edits: Edit[] = [];
  for (const [index, other] of tables.entries()) {
    for (const [position, key] of keysOf(other).entries()) {
      if (key.references?.table === old)
        edits.push({
          path: ["tables", index, "foreign_keys", position, "references", "table"],
          value: name,
          count: 1,
        });
    }
    for (const leaf of references(tables, index, options.root)) {
      const role = roleOf(leaf);
      if (role === "child" && leaf.text.startsWith(`${old}.`))
        edits.push({ path: leaf.path, value: name + leaf.text.slice(old.length), count: 1 });
      if (role === "key" && leaf.text === old && goesByName(tables, owner))
        edits.push({ path: leaf.path, value: name, count: 1 });
      if (role !== "sql") continue;
      const replaced = replaceNames(leaf.text, (path) => {
        const chosen = new Map<number, string>();
        path.parts.slice(0, -1).forEach((part, at) => {
          const from = reach(tables, leaf.context, path.parts.slice(0, at));
          // A key that has a name of its own keeps it; only one that goes by its parent's follows.
          const key =
            from &&
            keysOf(from).find(
              (candidate) => candidate.name === undefined && candidate.references?.table === old,
            );
          if (key && isNamed(part, old)) chosen.set(at, name);
        });
        return chosen;
      });
      if (replaced.count > 0)
        edits.push({ path: leaf.path, value: replaced.sql, count: replaced.count });
    }
  }
  const result = setValue(apply(text, edits), ["tables", table, "name"], name);
  return {
    text: keepSeed(result, ["tables", table], owner, old, name, options),
    count: edits.reduce((sum, edit) => sum + edit.count, 0),
  };
}

/** Whether a key to the table has no name of its own and so goes by the table's. */
function goesByName(tables: Record<string, unknown>[], owner: Record<string, unknown>): boolean {
  return tables.some((table) =>
    keysOf(table).some((key) => key.name === undefined && key.references?.table === owner.name),
  );
}
