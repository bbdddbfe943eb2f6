import { Link, Outlet, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useGeneration } from "@/features/generations/queries";
import { useFormat } from "@/i18n/format";
import { useIsPhone } from "@/ui/hooks";
import { JobStateMark } from "@/ui/job-state";
import { tabClass } from "@/ui/tabs";
import { Bar } from "./bar";
import { FailedPage } from "./failed-page";

const TABS = [
  { to: "/generations/$generationId", key: "progress", always: true },
  { to: "/generations/$generationId/rows", key: "rows", always: false },
  { to: "/generations/$generationId/sql", key: "sql", always: false },
  { to: "/generations/$generationId/certificate", key: "certificate", always: false },
  { to: "/generations/$generationId/exports", key: "exports", always: false },
] as const;

/** The bar of a generation. What needs finished rows is offered once they are there. */
export function GenerationLayout() {
  const { t } = useTranslation();
  const format = useFormat();
  const phone = useIsPhone();
  const { generationId } = useParams({ from: "/shell/generations/$generationId" });
  const generation = useGeneration(generationId);
  if (generation.error && !generation.data) {
    return <FailedPage error={generation.error} onRetry={() => void generation.refetch()} />;
  }
  const data = generation.data;
  return (
    <>
      <Bar
        crumb={
          <>
            {" "}
            {data ? (
              <>
                <Link
                  to="/datasets/$datasetId/generations"
                  params={{ datasetId: data.dataset_id }}
                  className="max-w-56 truncate font-semibold tracking-tight text-ink"
                >
                  {data.dataset_name}
                </Link>
                <span aria-hidden className="text-line-strong">
                  /
                </span>
                <JobStateMark state={data.state} />
              </>
            ) : (
              <span className="bone inline-block w-32" />
            )}
          </>
        }
        tabsLabel={t("generations.tabs.label")}
        tabs={
          <>
            {" "}
            {TABS.filter((tab) => tab.always || data?.state === "succeeded").map((tab) => (
              <Link
                key={tab.key}
                to={tab.to}
                params={{ generationId }}
                activeOptions={{ exact: tab.key === "progress", includeSearch: false }}
                className={tabClass}
              >
                {t(`generations.tabs.${tab.key}`)}
              </Link>
            ))}
          </>
        }
        actions={
          <>
            {" "}
            {data && (
              <span className="text-xs text-ink-3 max-lg:hidden">
                {t("generations.facts", { version: data.version, seed: String(data.seed) })} ·{" "}
                {format.relative(data.created_at)}
              </span>
            )}
          </>
        }
        phone={phone}
      />
      <Outlet />
    </>
  );
}
