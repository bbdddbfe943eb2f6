import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, type Schemas } from "@/api/client";
import { followEvents } from "@/api/events";
import { isUnderWay } from "@/ui/job-state";
import type { Generation } from "./queries";

/** Keeps a generation under way as its events tell it; where they do not come, the query's own questions go on. */
export function useProgressEvents(generation: Generation | undefined) {
  const queries = useQueryClient();
  const id = generation?.id;
  const moving = isUnderWay(generation?.state);
  useEffect(() => {
    if (!id || !moving) return;
    const stop = new AbortController();
    const options = api.queryOptions("get", "/api/v1/generations/{id}", {
      params: { path: { id } },
    });
    followEvents(
      `/api/v1/generations/${id}/events`,
      ({ event, data }) => {
        if (event !== "progress") return;
        const progress = JSON.parse(data) as Schemas["Progress"];
        // The final state comes with facts that events do not carry: it is read whole. So is why it waits.
        if (!isUnderWay(progress.state)) {
          void queries.invalidateQueries({ queryKey: options.queryKey });
          return;
        }
        queries.setQueryData<Generation>(options.queryKey, (before) =>
          before ? { ...before, ...progress } : before,
        );
      },
      stop.signal,
    )
      .catch(() => undefined)
      .finally(() => {
        if (stop.signal.aborted) return;
        for (const path of [
          "/api/v1/generations/{id}",
          "/api/v1/generations",
          "/api/v1/datasets/{id}/generations",
          "/api/v1/datasets",
        ]) {
          void queries.invalidateQueries({ queryKey: ["get", path] });
        }
      });
    return () => stop.abort();
  }, [id, moving, queries]);
}
