import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useCanWrite } from "@/api/session";
import { ErrorPanel } from "@/ui/feedback";
import { useTitle } from "@/ui/hooks";
import { Page } from "@/ui/page";
import { ModellerBones } from "./bones";
import { ModellerContext, type ModellerState, type View } from "./context";
import { DraftStore } from "./draft";
import { tablesOf } from "./model";
import { type Catalogue, useCatalogue, useSavedSchema } from "./queries";
import { SaveConflict } from "./save-conflict";
import { usePlan, usePreview, useShapes } from "./use-answers";
import { useSave } from "./use-save";
import { Workbench } from "./workbench";

const ROUTE = "/shell/datasets/$datasetId/schema";

/** The schema of a dataset: reads what is saved and what the language holds, then opens the draft. */
export function ModellerPage() {
  const { t } = useTranslation();
  const { datasetId } = useParams({ from: ROUTE });
  const { dataset, base } = useSavedSchema(datasetId);
  const catalogue = useCatalogue();
  const store = useMemo(
    () => (base.data ? new DraftStore(datasetId, base.data) : undefined),
    [datasetId, base.data],
  );
  useTitle(t("modeller.title"), dataset.data?.name);
  const error = dataset.error ?? base.error ?? catalogue.error;
  if (error && !(store && catalogue.data)) {
    const retry = () => {
      void dataset.refetch();
      void base.refetch();
      catalogue.retry();
    };
    return (
      <Page>
        <ErrorPanel error={error} onRetry={retry} />
      </Page>
    );
  }
  if (!store || !catalogue.data) return <ModellerBones />;
  return (
    <Modeller key={datasetId} datasetId={datasetId} store={store} catalogue={catalogue.data} />
  );
}

function Modeller({
  datasetId,
  store,
  catalogue,
}: {
  datasetId: string;
  store: DraftStore;
  catalogue: Catalogue;
}) {
  const navigate = useNavigate();
  const canWrite = useCanWrite();
  const { table: tableName, column: columnName, pane, section, rule } = useSearch({ from: ROUTE });
  const draft = useSyncExternalStore(store.subscribe, store.get);
  const tables = useMemo(() => tablesOf(draft.schema), [draft.schema]);
  const table = tables.find((entry) => entry.name === tableName) ?? tables[0];
  const column = table?.columns.find((entry) => entry.name === columnName);
  const view = useMemo(
    () => ({ table: tableName, column: columnName, pane, section, rule }),
    [tableName, columnName, pane, section, rule],
  );
  const go = useCallback(
    (next: View) => {
      // Another table or section is another view, which Back returns from; moving inside of one is not.
      const replace =
        !("section" in next) && (next.table === undefined || next.table === tableName);
      void navigate({ to: ".", search: (old) => ({ ...old, ...next }), replace });
    },
    [navigate, tableName],
  );
  const plan = usePlan(draft);
  const preview = usePreview(draft, table?.name);
  const shapes = useShapes(draft, table?.name);
  const saving = useSave(datasetId, store);
  const state: ModellerState = {
    datasetId,
    store,
    draft,
    catalogue,
    tables,
    table,
    column,
    view,
    go,
    plan,
    problems: plan.problems,
    preview,
    shapes,
    readOnly: !canWrite || draft.reading.value === undefined,
    save: saving.save,
  };
  return (
    <ModellerContext value={state}>
      <Workbench saving={saving} canWrite={canWrite} />
      {saving.conflict && <SaveConflict conflict={saving.conflict} onClose={saving.dismiss} />}
    </ModellerContext>
  );
}
