import { useParams } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { Empty, ErrorPanel, ListBones } from "@/ui/feedback";
import { useTitle } from "@/ui/hooks";
import { Page, PageHead } from "@/ui/page";
import { GenerationsTable } from "./generations-table";
import { useDatasetGenerations } from "./queries";

/** The generations of one dataset. */
export function DatasetGenerationsPage() {
  const { t } = useTranslation();
  const { datasetId } = useParams({ from: "/shell/datasets/$datasetId" });
  const dataset = api.useQuery("get", "/api/v1/datasets/{id}", {
    params: { path: { id: datasetId } },
  });
  useTitle(t("generations.heading"), dataset.data?.name);
  const generations = useDatasetGenerations(datasetId);
  const items = generations.data?.items;
  return (
    <Page>
      <PageHead title={t("generations.heading")} description={t("generations.same")} />
      {generations.error && !items ? (
        <ErrorPanel error={generations.error} onRetry={() => void generations.refetch()} />
      ) : !items ? (
        <ListBones />
      ) : items.length === 0 ? (
        <Empty icon={Play} title={t("generations.empty.title")}>
          {t("generations.empty.ofDataset")}
        </Empty>
      ) : (
        <GenerationsTable generations={items} />
      )}
    </Page>
  );
}
