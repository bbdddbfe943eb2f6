import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { useFormat } from "@/i18n/format";
import { JobStateMark } from "@/ui/job-state";

/** The last generation of a dataset in two lines. */
export function LastGeneration({
  generation,
}: {
  generation: Schemas["GenerationSummary"] | null | undefined;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!generation) return <span className="text-ink-3">{t("datasets.noGeneration")}</span>;
  const { state, rows_total: total } = generation;
  return (
    <div className="min-w-36">
      <JobStateMark state={state} />
      <span className="block pl-5 text-xs text-ink-2">
        {generation.broken
          ? t("certificate.broken", { count: generation.broken })
          : t("datasets.rowsOf", { count: total })}{" "}
        · {format.relative(generation.finished_at ?? generation.created_at)}
      </span>
    </div>
  );
}
