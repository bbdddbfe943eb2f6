import { Link, Outlet, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { useCanWrite } from "@/api/session";
import { GenerateDialog } from "@/features/generations/generate-dialog";
import { useFormat } from "@/i18n/format";
import { Button } from "@/ui/button";
import { commandKey, useHotkey, useIsPhone } from "@/ui/hooks";
import { Badge } from "@/ui/mark";
import { BarActionsSlot } from "@/ui/page";
import { tabClass } from "@/ui/tabs";
import { FailedPage } from "./failed-page";
import { PersonMenu } from "./person-menu";

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
      <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-4 max-sm:h-auto max-sm:flex-wrap max-sm:gap-y-0 max-sm:px-3 max-sm:pt-1">
        <nav
          aria-label={t("shell.crumb")}
          className="flex min-w-0 items-center gap-1.5 whitespace-nowrap max-sm:h-11 max-sm:grow"
        >
          <Link to="/datasets" className="text-ink-3 max-lg:hidden">
            {t("shell.nav.datasets")}
          </Link>
          <span aria-hidden className="text-line-strong max-lg:hidden">
            /
          </span>
          <b className="max-w-56 truncate font-semibold tracking-tight">
            {dataset.data?.name ?? <span className="bone inline-block w-20" />}
          </b>
          {dataset.data && <Badge tone="line">v{format.number(dataset.data.version)}</Badge>}
        </nav>
        <span aria-hidden className="mx-1 h-[18px] w-px bg-line max-sm:hidden" />
        <nav
          aria-label={t("datasets.tabs.label")}
          className="flex gap-1 self-stretch overflow-x-auto max-sm:order-last max-sm:h-11 max-sm:w-full"
        >
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
        </nav>
        <div className="ml-auto flex items-center gap-2">
          <BarActionsSlot />
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
          {phone && <PersonMenu rail />}
        </div>
      </header>
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
