import { Link, Outlet, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Play, Sparkle } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { useCanWrite } from "@/api/session";
import { GenerateDialog } from "@/features/generations/generate-dialog";
import { useFormat } from "@/i18n/format";
import { Button, buttonClass } from "@/ui/button";
import { commandKey, useHotkey, useIsPhone } from "@/ui/hooks";
import { Badge } from "@/ui/mark";
import { BarActionsSlot } from "@/ui/page";
import { tabClass } from "@/ui/tabs";
import { Bar } from "./bar";
import { FailedPage } from "./failed-page";

const TABS = [
  { to: "/datasets/$datasetId/schema", key: "schema" },
  { to: "/datasets/$datasetId/plan", key: "plan" },
  { to: "/datasets/$datasetId/generations", key: "generations" },
  { to: "/datasets/$datasetId/versions", key: "versions" },
] as const;

/** The bar of a dataset: where one is, its tabs, what the open tab adds, and Generate. */
export function DatasetLayout() {
  const { t } = useTranslation();
  const format = useFormat();
  const phone = useIsPhone();
  const { datasetId } = useParams({ from: "/shell/datasets/$datasetId" });
  const { generate = false } = useSearch({ from: "/shell/datasets/$datasetId" });
  const onSchema = useParams({ from: "/shell/datasets/$datasetId/schema", shouldThrow: false });
  const navigate = useNavigate();
  const canWrite = useCanWrite();
  const dataset = api.useQuery("get", "/api/v1/datasets/{id}", {
    params: { path: { id: datasetId } },
  });
  const versions = api.useQuery("get", "/api/v1/datasets/{id}/versions", {
    params: { path: { id: datasetId }, query: { limit: 1 } },
  });
  const generations = api.useQuery("get", "/api/v1/datasets/{id}/generations", {
    params: { path: { id: datasetId }, query: { limit: 1 } },
  });
  const counts: Record<string, number | undefined> = {
    generations: generations.data?.total,
    versions: versions.data?.total,
  };
  const setGenerate = (open: boolean) =>
    void navigate({
      to: ".",
      search: (search) => ({ ...search, generate: open || undefined }),
      replace: !open,
    });
  // The schema's tab has its own Generate, since it saves the draft first.
  useHotkey("mod+enter", () => setGenerate(true), canWrite && !onSchema);

  if (dataset.error && !dataset.data) {
    return <FailedPage error={dataset.error} onRetry={() => void dataset.refetch()} />;
  }
  return (
    <>
      <Bar
        crumb={
          <>
            {" "}
            <b className="max-w-56 truncate font-semibold tracking-tight">
              {dataset.data?.name ?? <span className="bone inline-block w-20" />}
            </b>
            {dataset.data && <Badge tone="line">v{format.number(dataset.data.version)}</Badge>}
          </>
        }
        tabsLabel={t("datasets.tabs.label")}
        tabs={
          <>
            {" "}
            {TABS.map((tab) => (
              <Link key={tab.key} to={tab.to} params={{ datasetId }} className={tabClass}>
                {t(`datasets.tabs.${tab.key}`)}
                {counts[tab.key] !== undefined && (
                  <span className="text-xs font-normal text-ink-3 tabular-nums">
                    {format.number(counts[tab.key] ?? 0)}
                  </span>
                )}
              </Link>
            ))}
          </>
        }
        actions={
          <>
            {" "}
            <BarActionsSlot />
            {!onSchema && canWrite && (
              <Link
                to="/datasets/$datasetId/schema"
                params={{ datasetId }}
                search={{ section: "assistant" }}
                aria-label={t("assistant.title")}
                className={buttonClass()}
              >
                <Sparkle aria-hidden className="size-4" strokeWidth={1.5} />
                <span className="max-md:hidden">{t("assistant.title")}</span>
              </Link>
            )}
            {!onSchema && canWrite && (
              <Button
                icon={Play}
                variant="primary"
                keys={`${commandKey}↵`}
                onClick={() => setGenerate(true)}
              >
                {t("generate.open")}
              </Button>
            )}
          </>
        }
        phone={phone}
      />
      {/* The other tabs have a heading of their own. */}
      {onSchema && (
        <h1 className="sr-only">
          {t("datasets.tabs.schema")} {dataset.data?.name}
        </h1>
      )}
      <Outlet />
      {generate && dataset.data && (
        <GenerateDialog dataset={dataset.data} onClose={() => setGenerate(false)} />
      )}
    </>
  );
}
