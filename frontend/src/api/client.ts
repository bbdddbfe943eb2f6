import { QueryClient } from "@tanstack/react-query";
import createFetchClient from "openapi-fetch";
import createQueryClient from "openapi-react-query";
import { ApiProblem, asProblem } from "./problem";
import type { components, paths } from "./schema";
import { authorisedFetch } from "./session";

export type Schemas = components["schemas"];

async function checkedFetch(request: Request): Promise<Response> {
  let response: Response;
  try {
    response = await authorisedFetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw asProblem(error);
  }
  if (!response.ok) throw await ApiProblem.fromResponse(response);
  return response;
}

/** Calls outside of components: `await client.GET("/api/v1/…")`. Rejects with an `ApiProblem`. */
export const client = createFetchClient<paths>({ baseUrl: location.origin, fetch: checkedFetch });

/** The same as hooks: `api.useQuery("get", "/api/v1/…")`, `api.useMutation("post", "/api/v1/…")`. */
export const api = createQueryClient(client);

/** A call whose answer is no JSON, as text with its headers. */
export async function fetchText(
  path: string,
  init?: RequestInit,
): Promise<{ text: string; headers: Headers }> {
  const response = await checkedFetch(new Request(new URL(path, location.href), init));
  return { text: await response.text(), headers: response.headers };
}

export async function fetchBlob(path: string, init?: RequestInit): Promise<Blob> {
  return (await checkedFetch(new Request(new URL(path, location.href), init))).blob();
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (count, error) => {
        const problem = asProblem(error);
        return (problem.unreachable || problem.status === 429) && count < 3;
      },
      retryDelay: (attempt, error) =>
        (asProblem(error).retryAfter ?? Math.min(2 ** attempt, 15)) * 1000,
    },
  },
});
