import { Link, Outlet, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useGeneration } from "@/features/generations/queries";
import { useFormat } from "@/i18n/format";
import { useIsPhone } from "@/ui/hooks";
import { JobStateMark } from "@/ui/job-state";
import { tabClass } from "@/ui/tabs";
import { FailedPage } from "./failed-page";
import { PersonMenu } from "./person-menu";

const TABS = [
  { to: "/generations/$generationId", key: "progress", always: true },
  { to: "/generations/$generationId/rows", key: "rows", always: false },
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
        </nav>
        <span aria-hidden className="mx-1 h-[18px] w-px bg-line max-sm:hidden" />
        <nav
          aria-label={t("generations.tabs.label")}
          className="flex gap-1 self-stretch overflow-x-auto max-sm:order-last max-sm:h-11 max-sm:w-full"
        >
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
        </nav>
        <div className="ml-auto flex items-center gap-2">
          {data && (
            <span className="text-xs text-ink-3 max-lg:hidden">
              {t("generations.facts", { version: data.version, seed: String(data.seed) })} ·{" "}
              {format.relative(data.created_at)}
            </span>
          )}
          {phone && <PersonMenu rail />}
        </div>
      </header>
      <Outlet />
    </>
  );
}
