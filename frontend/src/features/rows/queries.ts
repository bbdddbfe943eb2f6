import { useQueries, useQuery } from "@tanstack/react-query";
import { api, client, type Schemas } from "@/api/client";

export type GenerationTable = Schemas["GeneratedTable"];
export type Column = GenerationTable["columns"][number];
export type TableProfile = Schemas["TableProfile"];
export type Row = Record<string, unknown>;

/** Rows that are asked for at once. */
export const PAGE = 200;
/** Rows that the head of a column is drawn from. */
const SAMPLE = 1000;

export interface Question {
  generationId: string;
  table: string;
  where?: string;
  order_by?: string;
}

export function useTables(generationId: string) {
  return api.useQuery(
    "get",
    "/api/v1/generations/{id}/tables",
    { params: { path: { id: generationId } } },
    { staleTime: Number.POSITIVE_INFINITY },
  );
}

/** What the values of all rows of a table look like; it never changes. */
export function useProfile(generationId: string, table: string) {
  return api.useQuery(
    "get",
    "/api/v1/generations/{id}/tables/{table}/profile",
    { params: { path: { id: generationId, table } } },
    { staleTime: Number.POSITIVE_INFINITY, retry: false },
  );
}

interface Answer {
  items: Row[];
  total: number;
}

async function ask(
  question: Question,
  limit: number,
  offset: number,
  signal: AbortSignal,
): Promise<Answer> {
  const { data } = await client.GET("/api/v1/generations/{id}/tables/{table}/rows", {
    params: {
      path: { id: question.generationId, table: question.table },
      query: { limit, offset, where: question.where, order_by: question.order_by },
    },
    signal,
  });
  return data as Answer;
}

/** The pages that are in sight, and how many rows there are. Rows of a generation never change. */
export function useRowPages(question: Question | null, pages: number[]) {
  return useQueries({
    queries: question
      ? pages.map((page) => ({
          queryKey: ["rows", question, page],
          queryFn: ({ signal }: { signal: AbortSignal }) =>
            ask(question, PAGE, page * PAGE, signal),
          staleTime: Number.POSITIVE_INFINITY,
          gcTime: 60_000,
          retry: false,
        }))
      : [],
    combine: (results) => {
      const rows = new Map<number, Row[]>();
      results.forEach((result, at) => {
        if (result.data) rows.set(pages[at] ?? 0, result.data.items);
      });
      return {
        rows,
        total: results.find((result) => result.data)?.data?.total,
        error: results.find((result) => result.error)?.error ?? null,
        refetch: () => {
          for (const result of results) if (result.error) void result.refetch();
        },
      };
    },
  });
}

/** The first of the rows that match, for the heads. */
export function useSample(question: Question | null) {
  return useQuery({
    queryKey: ["rows-sample", question?.generationId, question?.table, question?.where],
    enabled: question !== null,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before: Answer | undefined, query) =>
      query?.queryKey[2] === question?.table ? before : undefined,
    retry: false,
    queryFn: ({ signal }): Promise<Answer> =>
      ask({ ...(question as Question), order_by: undefined }, SAMPLE, 0, signal),
  });
}
