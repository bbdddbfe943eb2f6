import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { Empty, ErrorPanel, ListBones } from "@/ui/feedback";
import { useTitle } from "@/ui/hooks";
import { ExportForm } from "./export-form";
import { ExportsTable } from "./exports-table";
import { useFormats, useGenerationExports } from "./queries";

const route = getRouteApi("/shell/generations/$generationId/exports");

/** The files of one generation, and the way to one more. */
export function GenerationExportsPage() {
  const { t } = useTranslation();
  const { generationId } = route.useParams();
  const view = route.useSearch();
  const navigate = useNavigate({ from: "/generations/$generationId/exports" });
  const generation = api.useQuery("get", "/api/v1/generations/{id}", {
    params: { path: { id: generationId } },
  });
  useTitle(t("generations.tabs.exports"), generation.data?.dataset_name);
  const exports = useGenerationExports(generationId);
  const formats = useFormats();
  const format =
    formats.data?.items.find((each) => each.name === view.format) ?? formats.data?.items[0];
  const items = exports.data?.items;
  return (
    <div className="flex min-h-0 grow max-lg:flex-col-reverse max-lg:justify-end max-lg:overflow-y-auto">
      <div className="min-w-0 grow px-9 py-7 max-sm:px-4 lg:overflow-y-auto">
        <h1 className="mb-4">{t("exports.title")}</h1>
        {exports.error && !items ? (
          <ErrorPanel error={exports.error} onRetry={() => void exports.refetch()} />
        ) : !items ? (
          <ListBones tall />
        ) : items.length === 0 ? (
          <Empty icon={Download} title={t("exports.empty.title")}>
            {t("exports.empty.ofGeneration")}
          </Empty>
        ) : (
          <ExportsTable exports={items} />
        )}
      </div>
      <aside
        aria-label={t("exports.new")}
        className="shrink-0 border-line p-5 max-lg:border-b max-lg:px-9 max-sm:px-4 lg:w-84 lg:overflow-y-auto lg:border-l"
      >
        <h2 className="mb-4 text-sm">{t("exports.new")}</h2>
        {formats.error ? (
          <ErrorPanel error={formats.error} onRetry={() => void formats.refetch()} />
        ) : generation.data && formats.data && format ? (
          <ExportForm
            generation={generation.data}
            formats={formats.data.items}
            format={format}
            onFormat={(name) => void navigate({ search: { format: name }, replace: true })}
          />
        ) : (
          <ListBones />
        )}
      </aside>
    </div>
  );
}
