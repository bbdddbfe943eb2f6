/** The part of JSON Schema that the published language uses. */
export interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: boolean | JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  description?: string;
  title?: string;
  format?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

/** What a form shows for a value. */
export type Shape =
  | { kind: "text" }
  | { kind: "integer" | "number"; minimum?: number; maximum?: number }
  | { kind: "boolean" }
  | { kind: "enum"; options: EnumOption[] }
  | { kind: "date" | "datetime" }
  | { kind: "any" }
  | { kind: "list"; item: Shape; minimum?: number; maximum?: number }
  | { kind: "map"; item: Shape }
  | { kind: "object"; fields: Field[] }
  | { kind: "generator" }
  | { kind: "union"; options: UnionOption[] };

export interface EnumOption {
  value: string;
  description: string;
}

export interface UnionOption {
  shape: Shape;
  description: string;
}

export interface Field {
  name: string;
  shape: Shape;
  required: boolean;
  description: string;
  /** The value may be written in SQL instead, as `{sql: …}`. */
  takesSql: boolean;
  default?: unknown;
  /** The text is SQL by its own description. */
  isSql: boolean;
}

/** The definition that a reference leads to, with the reference's own description before the target's. */
export function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let current = schema;
  for (let depth = 0; current.$ref !== undefined && depth < 16; depth += 1) {
    const target = root.$defs?.[current.$ref.slice(current.$ref.lastIndexOf("/") + 1)];
    if (!target) return {};
    const description = current.description ?? target.description;
    current = description === undefined ? target : { ...target, description };
  }
  return current;
}

function isReferenceTo(schema: JsonSchema, name: string): boolean {
  return schema.$ref?.endsWith(`/${name}`) === true;
}

function isNull(schema: JsonSchema): boolean {
  return schema.type === "null";
}

/** The SQL way to write a parameter: an object whose one key is `sql`. */
function isSqlObject(schema: JsonSchema): boolean {
  const keys = Object.keys(schema.properties ?? {});
  return keys.length === 1 && keys[0] === "sql";
}

/** Whether a value may be written in SQL instead. */
export function takesSql(schema: JsonSchema, root: JsonSchema): boolean {
  return alternatives(schema, root).some((option) => isSqlObject(resolve(option, root)));
}

function typesOf(schema: JsonSchema): string[] {
  return (
    Array.isArray(schema.type) ? schema.type : schema.type === undefined ? [] : [schema.type]
  ).filter((type) => type !== "null");
}

/** The alternatives of a schema, flattened, without the ones that say a value may be left out. */
function alternatives(schema: JsonSchema, root: JsonSchema): JsonSchema[] {
  if (isReferenceTo(schema, "Generator")) return [schema];
  const resolved = resolve(schema, root);
  if (resolved.anyOf)
    return resolved.anyOf
      .flatMap((option) => alternatives(option, root))
      .filter((option) => !isNull(option));
  return [schema];
}

/** The fields of an object that a form shows, `type` and other fixed words left out. */
export function fieldsOf(schema: JsonSchema, root: JsonSchema): Field[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {})
    .filter(([, property]) => property.const === undefined)
    .map(([name, property]) => fieldOf(name, property, root, required.has(name)));
}

export function fieldOf(
  name: string,
  property: JsonSchema,
  root: JsonSchema,
  required: boolean,
): Field {
  const options = alternatives(property, root);
  const plain = options.filter((option) => !isSqlObject(resolve(option, root)));
  const description = property.description ?? resolve(property, root).description ?? "";
  const shape = plain.length === 1 ? shapeOf(plain[0] as JsonSchema, root) : unionOf(plain, root);
  const field: Field = {
    name,
    shape,
    required,
    description,
    takesSql: plain.length < options.length,
    isSql: shape.kind === "text" && isSqlText(name, description),
  };
  const fallback = property.default ?? defaultIn(description);
  return fallback === undefined ? field : { ...field, default: fallback };
}

/** Whether a description says that a text is SQL: it begins with that. */
export function isSqlText(name: string, description: string): boolean {
  return name === "sql" || /^(?:(?:an?|the|its) )?(?:sql|condition|formula)\b/i.test(description);
}

/** The value that a description names for a parameter that is left out: "8 when absent". */
export function defaultIn(description: string): string | undefined {
  return /(?:^|[;,.:]\s+|`)([\p{L}\p{N}_.:+-]+)`? when absent/iu.exec(description)?.[1];
}

function unionOf(options: JsonSchema[], root: JsonSchema): Shape {
  const shapes = options.map((option) => ({
    shape: shapeOf(option, root),
    description: resolve(option, root).description ?? "",
  }));
  if (shapes.length === 0) return { kind: "any" };
  // Text beside a number is the number written out, which `any` reads both ways.
  if (shapes.every(({ shape }) => ["text", "integer", "number", "any"].includes(shape.kind)))
    return { kind: "any" };
  return { kind: "union", options: shapes };
}

export function shapeOf(schema: JsonSchema, root: JsonSchema): Shape {
  if (isReferenceTo(schema, "Generator") || isReferenceTo(schema, "Draw"))
    return { kind: "generator" };
  const resolved = resolve(schema, root);
  const options = alternatives(resolved, root);
  if (resolved.anyOf)
    return options.length === 1 ? shapeOf(options[0] as JsonSchema, root) : unionOf(options, root);
  const constants = resolved.oneOf?.map((option) => resolve(option, root));
  if (constants?.every((option) => typeof option.const === "string")) {
    return {
      kind: "enum",
      options: constants.map((option) => ({
        value: String(option.const),
        description: option.description ?? "",
      })),
    };
  }
  if (resolved.enum)
    return {
      kind: "enum",
      options: resolved.enum
        .filter((value) => value !== null)
        .map((value) => ({ value: String(value), description: "" })),
    };
  const types = typesOf(resolved);
  if (types.length !== 1) return { kind: "any" };
  switch (types[0]) {
    case "string":
      if (resolved.format === "date") return { kind: "date" };
      return { kind: resolved.format === "date-time" ? "datetime" : "text" };
    case "integer":
    case "number":
      return {
        kind: types[0],
        ...(resolved.minimum === undefined ? {} : { minimum: resolved.minimum }),
        ...(resolved.maximum === undefined ? {} : { maximum: resolved.maximum }),
      };
    case "boolean":
      return { kind: "boolean" };
    case "array":
      return listOf(resolved, root);
    case "object":
      return objectOf(resolved, root);
    default:
      return { kind: "any" };
  }
}

function listOf(schema: JsonSchema, root: JsonSchema): Shape {
  const item =
    typeof schema.items === "object" ? shapeOf(schema.items, root) : ({ kind: "any" } as const);
  return {
    kind: "list",
    item,
    ...(schema.minItems === undefined ? {} : { minimum: schema.minItems }),
    ...(schema.maxItems === undefined ? {} : { maximum: schema.maxItems }),
  };
}

function objectOf(schema: JsonSchema, root: JsonSchema): Shape {
  if (schema.properties) return { kind: "object", fields: fieldsOf(schema, root) };
  const item =
    typeof schema.additionalProperties === "object"
      ? shapeOf(schema.additionalProperties, root)
      : ({ kind: "any" } as const);
  return { kind: "map", item };
}

/** Which alternative of a union a value is written in; the first where there is none yet. */
export function optionFor(options: readonly UnionOption[], value: unknown): number {
  const found = options.findIndex(({ shape }) => fits(shape, value));
  return Math.max(found, 0);
}

export function fits(shape: Shape, value: unknown): boolean {
  const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
  switch (shape.kind) {
    case "list":
      return Array.isArray(value);
    case "map":
    case "generator":
      return isObject;
    case "object":
      return (
        isObject &&
        Object.keys(value).every((key) => shape.fields.some((field) => field.name === key))
      );
    case "boolean":
      return typeof value === "boolean";
    case "integer":
    case "number":
      return typeof value === "number";
    case "text":
    case "date":
    case "datetime":
      return typeof value === "string";
    case "enum":
      return shape.options.some((option) => option.value === value);
    case "union":
      return shape.options.some((option) => fits(option.shape, value));
    case "any":
      return value === null || typeof value !== "object";
  }
}

/** A value to begin with where a form makes something new. */
export function initial(shape: Shape): unknown {
  switch (shape.kind) {
    case "list":
      return Array.from({ length: shape.minimum ?? 0 }, () => initial(shape.item));
    case "map":
      return {};
    case "object":
      return Object.fromEntries(
        shape.fields
          .filter((field) => field.required)
          .map((field) => [field.name, initial(field.shape)]),
      );
    case "boolean":
      return false;
    case "integer":
    case "number":
      return shape.minimum ?? 0;
    case "enum":
      return shape.options[0]?.value ?? "";
    case "union":
      return shape.options[0] ? initial(shape.options[0].shape) : "";
    case "generator":
      return { type: "auto" };
    default:
      return "";
  }
}

/** The properties that apply to a value, those of the alternative that its fixed word chooses included. */
export function propertiesOf(
  schema: JsonSchema,
  root: JsonSchema,
  value: Record<string, unknown>,
): Record<string, JsonSchema> {
  const resolved = resolve(schema, root);
  let properties = { ...resolved.properties };
  if (typeof resolved.additionalProperties === "object")
    for (const key of Object.keys(value)) properties[key] ??= resolved.additionalProperties;
  for (const option of [...(resolved.oneOf ?? []), ...(resolved.anyOf ?? [])].map((entry) =>
    resolve(entry, root),
  )) {
    if (isChosen(option, root, value))
      properties = { ...properties, ...propertiesOf(option, root, value) };
  }
  return properties;
}

function isChosen(option: JsonSchema, root: JsonSchema, value: Record<string, unknown>): boolean {
  if (option.anyOf || option.oneOf) return true;
  const fixed = Object.entries(option.properties ?? {}).filter(
    ([, property]) => resolve(property, root).const !== undefined,
  );
  if (fixed.length > 0)
    return fixed.every(([key, property]) => value[key] === resolve(property, root).const);
  return (
    typesOf(option).includes("object") &&
    Object.keys(value).every(
      (key) => key in (option.properties ?? {}) || option.additionalProperties !== false,
    )
  );
}

export interface Variant {
  /** The fixed word that chooses it. */
  name: string;
  description: string;
  schema: JsonSchema;
}

/** The alternatives of a definition that a fixed word in `key` tells apart: rule kinds by `kind`. */
export function variantsOf(schema: JsonSchema, root: JsonSchema, key: string): Variant[] {
  return (resolve(schema, root).oneOf ?? []).flatMap((option) => {
    const resolved = resolve(option, root);
    const name = resolved.properties?.[key]?.const;
    return typeof name === "string"
      ? [{ name, description: resolved.description ?? "", schema: resolved }]
      : [];
  });
}
