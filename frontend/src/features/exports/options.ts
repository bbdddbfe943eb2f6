/** A field of a format's options, read from its JSON Schema. */
export interface OptionField {
  name: string;
  kind: "switch" | "choice" | "text" | "number";
  description: string | undefined;
  initial: unknown;
  choices: string[];
  minimum: number | undefined;
  maximum: number | undefined;
  maxLength: number | undefined;
  optional: boolean;
}

type Json = Record<string, unknown>;
const asObject = (value: unknown): Json =>
  value !== null && typeof value === "object" ? (value as Json) : {};
const asNumber = (value: unknown) => (typeof value === "number" ? value : undefined);

/** Follows `$ref` and the alternatives that only add null. */
function resolve(schema: Json, root: Json): { schema: Json; nullable: boolean } {
  let here = schema;
  let nullable = false;
  for (let depth = 0; depth < 8; depth++) {
    if (typeof here.$ref === "string") {
      const name = here.$ref.split("/").at(-1) ?? "";
      here = { ...asObject(asObject(root.$defs)[name]), ...here, $ref: undefined };
      continue;
    }
    const parts = (here.anyOf ?? here.oneOf ?? here.allOf) as unknown;
    if (Array.isArray(parts)) {
      const real = parts.map(asObject).filter((part) => part.type !== "null");
      if (real.length < parts.length) nullable = true;
      if (real.length === 1) {
        here = { ...real[0], ...here, anyOf: undefined, oneOf: undefined, allOf: undefined };
        continue;
      }
    }
    break;
  }
  if (Array.isArray(here.type)) {
    nullable ||= here.type.includes("null");
    here = { ...here, type: here.type.find((type) => type !== "null") };
  }
  return { schema: here, nullable };
}

function choicesOf(schema: Json): string[] {
  if (Array.isArray(schema.enum)) return schema.enum.filter((each) => each !== null).map(String);
  const parts = schema.oneOf ?? schema.anyOf;
  if (!Array.isArray(parts)) return [];
  const values = parts
    .map(asObject)
    .flatMap((part) =>
      part.const !== undefined
        ? [String(part.const)]
        : Array.isArray(part.enum)
          ? part.enum.map(String)
          : [],
    );
  return values.length === parts.length ? values : [];
}

/** The fields of a form, in the order of the schema. What no field can hold is left to its default. */
export function optionFields(options: unknown): OptionField[] {
  const root = asObject(options);
  const required = Array.isArray(root.required) ? root.required : [];
  return Object.entries(asObject(root.properties)).flatMap(([name, value]) => {
    const { schema, nullable } = resolve(asObject(value), root);
    const choices = choicesOf(schema);
    const kind =
      choices.length > 0
        ? "choice"
        : schema.type === "boolean"
          ? "switch"
          : schema.type === "integer" || schema.type === "number"
            ? "number"
            : schema.type === "string"
              ? "text"
              : null;
    if (kind === null) return [];
    const field: OptionField = {
      name,
      kind,
      description: typeof schema.description === "string" ? schema.description : undefined,
      initial: schema.default ?? null,
      choices,
      minimum: asNumber(schema.minimum),
      maximum: asNumber(schema.maximum),
      maxLength: asNumber(schema.maxLength),
      optional: nullable || !required.includes(name),
    };
    return [field];
  });
}

/** What differs from the defaults: nothing else is sent. */
export function chosenOptions(fields: OptionField[], values: Record<string, unknown>): Json {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = values[field.name];
      if (value === undefined || value === null || value === field.initial) return [];
      return [[field.name, value]];
    }),
  );
}
