import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, client, type Schemas } from "@/api/client";
import { isUnderWay } from "@/ui/job-state";

export type Export = Schemas["Export"];
export type Format = Schemas["FormatInfo"];

const whileUnderWay = (items: Export[] | undefined) =>
  items?.some((each) => isUnderWay(each.state)) ? 1000 : false;

export function useExports() {
  return api.useQuery(
    "get",
    "/api/v1/exports",
    { params: { query: { limit: 200 } } },
    { refetchInterval: (query) => whileUnderWay(query.state.data?.items) },
  );
}

export function useGenerationExports(generationId: string) {
  return api.useQuery(
    "get",
    "/api/v1/generations/{id}/exports",
    { params: { path: { id: generationId }, query: { limit: 200 } } },
    { refetchInterval: (query) => whileUnderWay(query.state.data?.items) },
  );
}

export function useFormats() {
  return api.useQuery("get", "/api/v1/formats", {}, { staleTime: Number.POSITIVE_INFINITY });
}

function useRefresh() {
  const queries = useQueryClient();
  return () => {
    for (const path of ["/api/v1/exports", "/api/v1/generations/{id}/exports"]) {
      void queries.invalidateQueries({ queryKey: ["get", path] });
    }
  };
}

export function useCreateExport(generationId: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (body: Schemas["NewExport"]) => {
      const { data } = await client.POST("/api/v1/generations/{id}/exports", {
        params: { path: { id: generationId } },
        body,
      });
      return data as Export;
    },
    onSuccess: refresh,
  });
}

export function useDeleteExport() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (id: string) => client.DELETE("/api/v1/exports/{id}", { params: { path: { id } } }),
    onSuccess: refresh,
  });
}

/** A signed address of the file: a browser's download and a plain `curl` carry no token. */
export async function linkOf(id: string): Promise<{ url: string; expires_at: string }> {
  const { data } = await client.POST("/api/v1/exports/{id}/link", { params: { path: { id } } });
  const link = data as Schemas["ExportLink"];
  return { ...link, url: new URL(link.url, location.href).href };
}
