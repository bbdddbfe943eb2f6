import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fetchText, queryClient } from "@/api/client";
import { type ApiProblem, asProblem } from "@/api/problem";
import { useFailureWords } from "@/ui/failure";
import { announce } from "@/ui/live";
import { toast } from "@/ui/toast";
import type { DraftStore } from "./draft";
import type { Version } from "./requests";

export interface Conflict {
  /** What is saved now, and by whom. */
  current: Version | undefined;
  overwrite: () => Promise<void>;
  reload: () => Promise<void>;
}

export interface Saving {
  save: () => Promise<boolean>;
  busy: boolean;
  conflict: Conflict | null;
  dismiss: () => void;
}

function mediaType(text: string): string {
  return text.trimStart().startsWith("{") ? "application/json" : "application/yaml";
}

/** Saves the draft as a version. Saved by someone else meanwhile, it asks which of the two shall hold. */
export function useSave(datasetId: string, store: DraftStore): Saving {
  const { t } = useTranslation();
  const failureWords = useFailureWords();
  const [busy, setBusy] = useState(false);
  const [conflict, setConflict] = useState<Conflict | null>(null);

  const put = async (etag: string): Promise<boolean> => {
    const { text } = store.get();
    setBusy(true);
    try {
      const answer = await fetchText(`/api/v1/datasets/${datasetId}/schema`, {
        method: "PUT",
        headers: { "content-type": mediaType(text), "if-match": etag },
        body: text,
      });
      const version = JSON.parse(answer.text) as Version;
      store.saved({
        version: version.version,
        etag: quoted(answer.headers.get("etag") ?? version.etag),
        text,
      });
      setConflict(null);
      for (const path of [
        "/api/v1/datasets/{id}",
        "/api/v1/datasets/{id}/versions",
        "/api/v1/datasets",
      ]) {
        void queryClient.invalidateQueries({ queryKey: ["get", path] });
      }
      announce(t("modeller.save.done", { version: version.version }));
      return true;
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status === 412) setConflict(conflictOf(problem));
      else
        toast(
          problem.unreachable
            ? t("modeller.save.unreachable")
            : problem.detail
              ? failureWords(problem)
              : t("modeller.save.failed"),
          undefined,
          "danger",
        );
      return false;
    } finally {
      setBusy(false);
    }
  };

  const conflictOf = (problem: ApiProblem): Conflict => {
    const current = problem.body.current as Version | undefined;
    return {
      current,
      overwrite: async () => {
        const etag = current?.etag ?? (await load()).etag;
        await put(quoted(etag));
      },
      reload: async () => {
        const { text, etag } = await load();
        store.reset({ version: current?.version ?? store.get().base.version, etag, text });
        setConflict(null);
        void queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/datasets/{id}"] });
      },
    };
  };

  const load = async () => {
    const { text, headers } = await fetchText(`/api/v1/datasets/${datasetId}/schema`);
    return { text, etag: headers.get("etag") ?? "" };
  };

  return {
    save: async () =>
      store.get().text === store.get().base.text ? true : put(store.get().base.etag),
    busy,
    conflict,
    dismiss: () => setConflict(null),
  };
}

/** An ETag as headers carry it, in quotes. */
function quoted(etag: string): string {
  return /^(W\/)?"/.test(etag) ? etag : `"${etag}"`;
}
