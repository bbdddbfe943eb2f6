import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useTranslation } from "react-i18next";
import { buttonClass } from "@/ui/button";
import { Segment } from "@/ui/choice";
import { Empty, ErrorPanel, ListBones } from "@/ui/feedback";
import { useTitle } from "@/ui/hooks";
import { Page, PageHead } from "@/ui/page";
import { GenerationsTable } from "./generations-table";
import { useGenerations } from "./queries";

const route = getRouteApi("/shell/generations");
const STATES = ["all", "running", "needs_key", "succeeded", "failed", "cancelled"] as const;
type Filter = (typeof STATES)[number];

/** The generations of all datasets. */
export function GenerationsPage() {
  const { t } = useTranslation();
  useTitle(t("generations.heading"));
  const navigate = useNavigate({ from: "/generations" });
  const { state } = route.useSearch();
  const filter: Filter = STATES.find((each) => each === state) ?? "all";
  const generations = useGenerations(filter === "all" ? undefined : filter);
  const items = generations.data?.items;
  return (
    <Page>
      <PageHead title={t("generations.heading")} description={t("generations.same")} />
      <Segment
        label={t("generations.columns.state")}
        value={filter}
        onChange={(next) =>
          void navigate({ search: { state: next === "all" ? undefined : next }, replace: true })
        }
        options={STATES.map((value) => ({
          value,
          label: value === "all" ? t("generations.all") : t(`ui.state.${value}`),
        }))}
        className="mb-4"
      />
      {generations.error && !items ? (
        <ErrorPanel error={generations.error} onRetry={() => void generations.refetch()} />
      ) : !items ? (
        <ListBones />
      ) : items.length === 0 ? (
        <Empty
          icon={Play}
          title={filter === "all" ? t("generations.empty.title") : t("generations.empty.filtered")}
          actions={
            <Link to="/datasets" className={buttonClass()}>
              {t("generations.empty.way")}
            </Link>
          }
        >
          {filter === "all" && t("generations.empty.words")}
        </Empty>
      ) : (
        <GenerationsTable generations={items} named />
      )}
    </Page>
  );
}
