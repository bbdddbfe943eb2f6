import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { ArrowDown, ArrowDownAZ, Plus, Search, Sparkle, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useCanWrite } from "@/api/session";
import { useFormat } from "@/i18n/format";
import { Button, buttonClass, IconButton } from "@/ui/button";
import { Empty, ErrorPanel, ListBones } from "@/ui/feedback";
import { useDebounced, useHotkey, useTitle } from "@/ui/hooks";
import { Input } from "@/ui/input";
import { Key } from "@/ui/mark";
import { Menu, MenuItem } from "@/ui/menu";
import { Page, PageHead } from "@/ui/page";
import { DatasetsTable } from "./datasets-table";
import { FirstDataset } from "./first-dataset";
import { NewDatasetDialog, type Start } from "./new-dataset-dialog";
import { useDatasets } from "./queries";
import { TemplateCards } from "./template-cards";

const route = getRouteApi("/shell/datasets");
const ORDERS = { changed: "updated_at desc", name: "name" } as const;

export function DatasetsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  useTitle(t("datasets.title"));
  const canWrite = useCanWrite();
  const navigate = useNavigate({ from: "/datasets" });
  const view = route.useSearch();
  const order = view.order === "name" ? "name" : "changed";
  const [typed, setTyped] = useState(view.search ?? "");
  const search = useDebounced(typed, 200);
  const field = useRef<HTMLInputElement>(null);
  const [start, setStart] = useState<Start | null>(null);
  const datasets = useDatasets(view.search ?? "", ORDERS[order]);

  useEffect(() => {
    void navigate({
      search: (before) => ({ ...before, search: search.trim() || undefined }),
      replace: true,
    });
  }, [search, navigate]);
  useHotkey("/", () => field.current?.focus());
  useHotkey("n", () => setStart({ way: "template" }), canWrite);

  const open = start ?? (view.new ? { way: "template" as const } : null);
  const dialog = open && (
    <NewDatasetDialog
      start={open}
      onClose={() => {
        setStart(null);
        void navigate({ search: (before) => ({ ...before, new: undefined }), replace: true });
      }}
    />
  );
  const total = datasets.data?.total ?? 0;
  const nothing = datasets.data !== undefined && total === 0 && !view.search;

  if (nothing) {
    return (
      <Page>
        <FirstDataset onStart={canWrite ? setStart : undefined} />
        {dialog}
      </Page>
    );
  }
  return (
    <Page>
      <PageHead
        title={t("datasets.title")}
        actions={
          canWrite && (
            <>
              <Link to="/datasets/describe" className={buttonClass({ size: "md" })}>
                <Sparkle aria-hidden className="size-4" strokeWidth={1.5} />
                {t("assistant.describe.open")}
              </Link>
              <Button
                variant="primary"
                size="md"
                icon={Plus}
                keys="N"
                onClick={() => setStart({ way: "template" })}
              >
                {t("datasets.new.open")}
              </Button>
            </>
          )
        }
      />
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Input
          ref={field}
          icon={Search}
          type="search"
          aria-label={t("datasets.search")}
          placeholder={t("datasets.search")}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Escape" && setTyped("")}
          className="w-80 max-sm:w-full [&_input::-webkit-search-cancel-button]:hidden"
          after={
            typed ? (
              <IconButton icon={X} size="xs" label={t("ui.clear")} onClick={() => setTyped("")} />
            ) : (
              <Key>/</Key>
            )
          }
        />
        <span className="ml-auto text-xs text-ink-3">
          {datasets.data && t("datasets.count", { count: total })}
        </span>
        <Menu
          trigger={
            <Button variant="ghost" icon={order === "name" ? ArrowDownAZ : ArrowDown}>
              {t(`datasets.order.${order}`)}
            </Button>
          }
        >
          {(["changed", "name"] as const).map((each) => (
            <MenuItem
              key={each}
              checked={order === each}
              onSelect={() =>
                void navigate({ search: (before) => ({ ...before, order: each }), replace: true })
              }
            >
              {t(`datasets.order.${each}`)}
            </MenuItem>
          ))}
        </Menu>
      </div>
      {datasets.error && !datasets.data ? (
        <ErrorPanel error={datasets.error} onRetry={() => void datasets.refetch()} />
      ) : datasets.data === undefined ? (
        <ListBones tall />
      ) : total === 0 ? (
        <Empty
          title={t("datasets.noMatch", { search: view.search })}
          actions={<Button onClick={() => setTyped("")}>{t("datasets.clearSearch")}</Button>}
        />
      ) : (
        <DatasetsTable datasets={datasets.data.items} />
      )}
      {total > (datasets.data?.items.length ?? 0) && (
        <p className="mt-2 text-xs text-ink-3">
          {t("datasets.more", { shown: format.number(datasets.data?.items.length ?? 0) })}
        </p>
      )}
      {canWrite && !view.search && (
        <section className="mt-9">
          <div className="mb-3 flex flex-wrap items-baseline gap-x-2">
            <h2 className="text-sm">{t("datasets.examples.title")}</h2>
            <span className="text-xs text-ink-3">{t("datasets.examples.words")}</span>
          </div>
          <TemplateCards
            onChoose={(template) => setStart({ way: "template", template: template.name })}
          />
        </section>
      )}
      {dialog}
    </Page>
  );
}
