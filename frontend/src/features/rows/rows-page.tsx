import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Table2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { useFormat } from "@/i18n/format";
import { ErrorPanel, ListBones } from "@/ui/feedback";
import { useMediaQuery, useTitle } from "@/ui/hooks";
import { Select } from "@/ui/select";
import { useTables } from "./queries";
import { TableRows } from "./table-rows";

const route = getRouteApi("/shell/generations/$generationId/rows");

/** The delivered rows, table by table. */
export function RowsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const { generationId } = route.useParams();
  const view = route.useSearch();
  const navigate = useNavigate({ from: "/generations/$generationId/rows" });
  const wide = useMediaQuery("(min-width: 56rem)");
  const generation = api.useQuery("get", "/api/v1/generations/{id}", {
    params: { path: { id: generationId } },
  });
  const tables = useTables(generationId);
  const items = tables.data?.items ?? [];
  // The largest table shows most at first.
  const table =
    items.find((each) => each.name === view.table) ??
    items.reduce<(typeof items)[number] | undefined>(
      (best, each) => (best === undefined || each.rows > best.rows ? each : best),
      undefined,
    );
  useTitle(table?.name, generation.data?.dataset_name);

  if (tables.error && !tables.data) {
    return (
      <div className="px-9 max-sm:px-4">
        <ErrorPanel error={tables.error} onRetry={() => void tables.refetch()} />
      </div>
    );
  }
  const open = (name: string) => void navigate({ search: { table: name } });
  return (
    <div className="flex min-h-0 grow max-md:flex-col">
      {wide ? (
        <nav
          aria-label={t("rows.tables")}
          className="w-48 shrink-0 overflow-y-auto border-r border-line bg-canvas p-2"
        >
          <h2 className="px-2 py-2 text-2xs font-medium text-ink-3">{t("rows.tables")}</h2>
          <ul className="flex flex-col gap-px">
            {items.map((each) => (
              <li key={each.name}>
                <button
                  type="button"
                  aria-current={each.name === table?.name ? "true" : undefined}
                  onClick={() => open(each.name)}
                  className="flex h-7 w-full items-center gap-2 rounded-md px-2 text-left font-medium text-ink-2 hover:bg-hover aria-[current=true]:bg-pressed aria-[current=true]:text-ink"
                >
                  <Table2 aria-hidden className="size-3.5 shrink-0 text-ink-3" strokeWidth={1.5} />
                  <span className="truncate">{each.name}</span>
                  <span className="ml-auto text-xs font-normal text-ink-2 tabular-nums">
                    {format.number(each.rows)}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </nav>
      ) : (
        <div className="shrink-0 border-b border-line px-4 py-2">
          <Select
            aria-label={t("rows.tables")}
            size="sm"
            value={table?.name}
            onChange={open}
            options={items.map((each) => ({
              value: each.name,
              label: each.name,
              hint: format.number(each.rows),
            }))}
          />
        </div>
      )}
      {table ? (
        <TableRows key={`${table.name}`} generationId={generationId} table={table} />
      ) : (
        <div className="grow p-6">
          <ListBones rows={10} />
        </div>
      )}
    </div>
  );
}
