import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, client, type Schemas } from "@/api/client";
import { keyHeaders } from "@/features/llm/session-key";
import { isUnderWay } from "@/ui/job-state";

export type Generation = Schemas["Generation"];

/** A generation; asked again while it moves, for the case that its events do not come. */
export function useGeneration(id: string) {
  return api.useQuery(
    "get",
    "/api/v1/generations/{id}",
    { params: { path: { id } } },
    {
      refetchInterval: (query) => {
        const state = query.state.data?.state;
        // Somebody else may give the key that it waits for.
        return isUnderWay(state) ? 2000 : state === "needs_key" ? 5000 : false;
      },
    },
  );
}

const whileUnderWay = (items: Generation[] | undefined) =>
  items?.some((generation) => isUnderWay(generation.state)) ? 2000 : false;

export function useGenerations(state: Generation["state"] | undefined) {
  return api.useQuery(
    "get",
    "/api/v1/generations",
    { params: { query: { state, limit: 200 } } },
    {
      placeholderData: (before) => before,
      refetchInterval: (query) => whileUnderWay(query.state.data?.items),
    },
  );
}

export function useDatasetGenerations(datasetId: string) {
  return api.useQuery(
    "get",
    "/api/v1/datasets/{id}/generations",
    { params: { path: { id: datasetId }, query: { limit: 200 } } },
    { refetchInterval: (query) => whileUnderWay(query.state.data?.items) },
  );
}

function useRefreshGenerations() {
  const queries = useQueryClient();
  return () => {
    for (const path of [
      "/api/v1/generations",
      "/api/v1/generations/{id}",
      "/api/v1/datasets/{id}/generations",
      "/api/v1/datasets",
    ]) {
      void queries.invalidateQueries({ queryKey: ["get", path] });
    }
  };
}

export function useCreateGeneration(datasetId: string) {
  const refresh = useRefreshGenerations();
  return useMutation({
    mutationFn: async (body: Schemas["NewGeneration"]) => {
      const { data } = await client.POST("/api/v1/datasets/{id}/generations", {
        params: { path: { id: datasetId } },
        headers: keyHeaders(),
        body,
      });
      return data as Generation;
    },
    onSuccess: refresh,
  });
}

export function useCancelGeneration() {
  const refresh = useRefreshGenerations();
  return useMutation({
    mutationFn: (id: string) =>
      client.POST("/api/v1/generations/{id}/cancel", { params: { path: { id } } }),
    onSuccess: refresh,
  });
}

/** Goes on with a generation that waits for a key: with the one for this session, or the server's. */
export function useResumeGeneration() {
  const refresh = useRefreshGenerations();
  return useMutation({
    mutationFn: (id: string) =>
      client.POST("/api/v1/generations/{id}/resume", {
        params: { path: { id } },
        headers: keyHeaders(),
      }),
    onSuccess: refresh,
  });
}

export function useDeleteGeneration() {
  const refresh = useRefreshGenerations();
  return useMutation({
    mutationFn: (id: string) =>
      client.DELETE("/api/v1/generations/{id}", { params: { path: { id } } }),
    onSuccess: refresh,
  });
}
