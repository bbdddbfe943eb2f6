import { client } from "@/api/client";
import { asProblem, type Problem } from "@/api/problem";
import type { paths } from "@/api/schema";
import type { PatchOperation } from "./patch";

/** What the modeller asks the server, and the types of the answers. */
type Answer<
  Path extends keyof paths,
  Method extends keyof paths[Path],
> = paths[Path][Method] extends {
  responses: { 200: { content: { "application/json": infer Body } } };
}
  ? Body
  : never;

export type Report = Answer<"/api/v1/plan", "post">;
export type ColumnReport = Report["tables"][number]["columns"][number];
export type PreviewData = Answer<"/api/v1/preview", "post">;
export type Version = Answer<"/api/v1/datasets/{id}/versions", "get">["items"][number];

/** A catalogue's parameter; a role says which handle its value gets. */
type Parameter = Answer<"/api/v1/generators", "get">["items"][number]["parameters"][number] & {
  role?: string | null;
  default?: unknown;
};
export type GeneratorEntry = Omit<
  Answer<"/api/v1/generators", "get">["items"][number],
  "parameters" | "schema"
> & { parameters: readonly Parameter[]; schema?: unknown };

export interface Planned {
  report?: Report;
  problems: Problem[];
}

/** Plans a text; what stands in the way is part of the answer, not a failure. */
export async function requestPlan(text: string, signal: AbortSignal): Promise<Planned> {
  try {
    const { data } = await client.POST("/api/v1/plan", { body: { schema_text: text }, signal });
    if (!data) return { problems: [] };
    return { report: data, problems: data.warnings };
  } catch (error) {
    const problem = asProblem(error);
    if (problem.status === 422) return { problems: problem.errors };
    throw error;
  }
}

type PreviewBody = NonNullable<
  paths["/api/v1/preview"]["post"]["requestBody"]
>["content"]["application/json"];

export type Source = { schema_text: string } | { schema: Record<string, unknown> };

/** The first rows of a table of a schema. */
export async function requestRows(
  source: Source,
  table: string,
  limit: number,
  signal: AbortSignal,
): Promise<PreviewData | undefined> {
  const body = { ...source, table, limit } as PreviewBody;
  const { data } = await client.POST("/api/v1/preview", { body, signal });
  return data;
}

/** The change that mends a problem, where the server proposes one. */
export function fixOf(problem: Problem): readonly PatchOperation[] | undefined {
  const fix: unknown = problem.fix;
  return Array.isArray(fix) && fix.length > 0 ? (fix as PatchOperation[]) : undefined;
}
