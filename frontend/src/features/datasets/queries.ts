import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, client, type Schemas } from "@/api/client";
import { useFailureWords } from "@/ui/failure";
import { toast } from "@/ui/toast";

export type Dataset = Schemas["Dataset"];

export function useDatasets(search: string, order: string) {
  return api.useQuery(
    "get",
    "/api/v1/datasets",
    { params: { query: { search: search || undefined, order_by: order, limit: 200 } } },
    {
      placeholderData: (before) => before,
      // A running generation moves on its own.
      refetchInterval: (query) =>
        query.state.data?.items.some((dataset) =>
          ["queued", "running"].includes(dataset.last_generation?.state ?? ""),
        )
          ? 2000
          : false,
    },
  );
}

export function useTemplates() {
  return api.useQuery("get", "/api/v1/templates", {}, { staleTime: Number.POSITIVE_INFINITY });
}

export function useCreateDataset() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["NewDataset"]) => {
      const { data } = await client.POST("/api/v1/datasets", { body });
      return data as Dataset;
    },
    // Not waited for: the new list may exchange the page, and with it whoever waits here to go on.
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["get", "/api/v1/datasets"] });
    },
  });
}

/** Deletes at once and offers to take it back. */
export function useDeleteDataset() {
  const { t } = useTranslation();
  const failureWords = useFailureWords();
  const queries = useQueryClient();
  const again = () => queries.invalidateQueries({ queryKey: ["get", "/api/v1/datasets"] });
  return useMutation({
    mutationFn: (dataset: Dataset) =>
      client.DELETE("/api/v1/datasets/{id}", { params: { path: { id: dataset.id } } }),
    onSuccess: (_, dataset) => {
      void again();
      toast(t("datasets.deleted", { name: dataset.name }), {
        label: t("ui.undo"),
        onClick: () =>
          void client
            .POST("/api/v1/datasets/{id}/restore", { params: { path: { id: dataset.id } } })
            .then(again),
      });
    },
    onError: (error) => toast(failureWords(error), undefined, "danger"),
  });
}

export function useUpdateDataset() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, ...body }: { id: string } & Schemas["DatasetPatch"]) => {
      const path = { id };
      const { response } = await client.GET("/api/v1/datasets/{id}", { params: { path } });
      return client.PATCH("/api/v1/datasets/{id}", {
        params: { path, header: { "If-Match": response.headers.get("etag") ?? "*" } },
        body,
      });
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["get", "/api/v1/datasets"] });
      void queries.invalidateQueries({ queryKey: ["get", "/api/v1/datasets/{id}"] });
    },
  });
}
