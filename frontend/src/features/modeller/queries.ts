import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { parse } from "yaml";
import { api, fetchText } from "@/api/client";
import { type Field, fieldsOf, type JsonSchema, type Variant, variantsOf } from "@/forms/schema";
import type { Base } from "./draft";
import { isRecord } from "./pointer";
import type { GeneratorEntry } from "./requests";

export interface GeneratorInfo {
  name: string;
  group: string;
  description: string;
  example: Record<string, unknown>;
  fields: Field[];
  roles: Record<string, string>;
}

/** What the language holds: forms, words and samples all come from here. */
export interface Catalogue {
  language: JsonSchema;
  generators: GeneratorInfo[];
  rules: Variant[];
  find(name: string | undefined): GeneratorInfo | undefined;
}

/** The roles of usual names, where the catalogue says none. */
const ROLES: Readonly<Record<string, string>> = {
  min: "lower",
  max: "upper",
  mean: "location",
  median: "location",
  std: "spread",
};

/** The first sentence of a description, without its full stop. */
export function briefOf(description: string): string {
  const line = description.replace(/\s+/g, " ");
  const end = line.search(/[.;] |\.$/);
  return end < 0 ? line : line.slice(0, end);
}

function exampleOf(generator: GeneratorEntry): Record<string, unknown> {
  try {
    const value: unknown = parse(generator.example);
    if (isRecord(value)) return value;
  } catch {
    // An example that does not parse gives no values; the type alone is enough to begin with.
  }
  return { type: generator.name };
}

export function catalogueOf(language: JsonSchema, list: readonly GeneratorEntry[]): Catalogue {
  // The definitions of the language come first: its references lead to where they were written for.
  const definitions = new Map(
    variantsOf(language.$defs?.Generator ?? {}, language, "type").map(({ name, schema }) => [
      name,
      schema,
    ]),
  );
  const generators = list.map((generator) => {
    const parameters = new Map(
      generator.parameters.map((parameter) => [parameter.name, parameter]),
    );
    return {
      name: generator.name,
      group: generator.group,
      description: generator.description.replace(/\s+/g, " "),
      example: exampleOf(generator),
      fields: fieldsOf(
        definitions.get(generator.name) ?? (generator.schema as JsonSchema),
        language,
      ).map((field) => {
        const fallback = parameters.get(field.name)?.default ?? field.default;
        return fallback === undefined ? field : { ...field, default: fallback };
      }),
      roles: Object.fromEntries(
        generator.parameters.flatMap(({ name, role }) => {
          const known = role ?? ROLES[name];
          return known ? [[name, known]] : [];
        }),
      ),
    };
  });
  const byName = new Map(generators.map((generator) => [generator.name, generator]));
  const rule = language.$defs?.Rule;
  return {
    language,
    generators,
    rules: rule ? variantsOf(rule, language, "kind") : [],
    find: (name) => (name === undefined ? undefined : byName.get(name)),
  };
}

export function useCatalogue() {
  const options = { staleTime: Number.POSITIVE_INFINITY };
  const language = api.useQuery("get", "/api/v1/schema.json", {}, options);
  const generators = api.useQuery("get", "/api/v1/generators", {}, options);
  const data = useMemo(
    () =>
      language.data && generators.data
        ? catalogueOf(language.data as JsonSchema, generators.data.items)
        : undefined,
    [language.data, generators.data],
  );
  const retry = () => {
    void language.refetch();
    void generators.refetch();
  };
  return { data, error: language.error ?? generators.error, retry };
}

export async function fetchBase(datasetId: string, version: number): Promise<Base> {
  const { text, headers } = await fetchText(`/api/v1/datasets/${datasetId}/schema`);
  return { version, etag: headers.get("etag") ?? "", text };
}

/** The saved schema. It is read once a page: a draft is compared with it, not replaced by it. */
export function useSavedSchema(datasetId: string) {
  const dataset = api.useQuery("get", "/api/v1/datasets/{id}", {
    params: { path: { id: datasetId } },
  });
  const base = useQuery({
    queryKey: ["modeller", "schema", datasetId],
    queryFn: () => fetchBase(datasetId, dataset.data?.version ?? 0),
    enabled: dataset.data !== undefined,
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  return { dataset, base };
}
