import { Link, useNavigate } from "@tanstack/react-router";
import { Ellipsis, Pencil, Play, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCanWrite } from "@/api/session";
import { useFormat } from "@/i18n/format";
import { Bars } from "@/ui/bars";
import { Button, IconButton } from "@/ui/button";

import { JobStateMark } from "@/ui/job-state";
import { Avatar } from "@/ui/mark";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import { moveBetweenRows, rowLinkClass } from "@/ui/rows";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Tooltip } from "@/ui/tooltip";
import { EditDatasetDialog } from "./edit-dataset-dialog";
import { LastGeneration } from "./last-generation";
import { type Dataset, useDeleteDataset } from "./queries";

export function DatasetsTable({ datasets }: { datasets: Dataset[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const canWrite = useCanWrite();
  const navigate = useNavigate();
  const remove = useDeleteDataset();
  const [edited, setEdited] = useState<Dataset | null>(null);
  return (
    <>
      <Table aria-label={t("datasets.title")} onKeyDown={moveBetweenRows}>
        <thead className="max-sm:sr-only">
          <tr>
            <Th>{t("datasets.columns.name")}</Th>
            <Th>{t("datasets.columns.tables")}</Th>
            <Th right>{t("datasets.columns.rows")}</Th>
            <Th>{t("datasets.columns.last")}</Th>
            <Th className="max-md:hidden">{t("datasets.columns.version")}</Th>
            <Th className="max-lg:hidden">{t("datasets.columns.changed")}</Th>
            <Th>
              <span className="sr-only">{t("ui.more")}</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {datasets.map((dataset) => (
            <Tr key={dataset.id}>
              <Td className="max-w-0 min-w-40 max-lg:w-full max-sm:py-2 lg:w-5/12">
                <Link
                  to="/datasets/$datasetId/schema"
                  params={{ datasetId: dataset.id }}
                  data-row
                  className={`${rowLinkClass} block truncate font-semibold`}
                >
                  {dataset.name}
                </Link>
                <span className="block truncate text-xs text-ink-2">{dataset.description}</span>
                <span className="hidden text-xs text-ink-3 max-sm:block">
                  {t("datasets.tables", { count: dataset.tables.length })} ·{" "}
                  {t("datasets.rowsOf", { count: dataset.rows })}
                </span>
                {dataset.last_generation && (
                  <span className="mt-1 hidden text-xs max-sm:block">
                    <JobStateMark state={dataset.last_generation.state} />
                  </span>
                )}
              </Td>
              <Td className="max-sm:hidden">
                <span className="flex items-center gap-2">
                  <Bars
                    values={dataset.tables.map((table) => Math.log10(table.rows + 1))}
                    width={Math.min(dataset.tables.length, 12) * 9}
                    height={18}
                    gap={3}
                    label={dataset.tables
                      .map((table) => `${table.name} ${format.number(table.rows)}`)
                      .join(", ")}
                  />
                  <span className="text-ink-3 tabular-nums">
                    {format.number(dataset.tables.length)}
                  </span>
                </span>
              </Td>
              <Td right className="max-sm:hidden">
                {format.number(dataset.rows)}
              </Td>
              <Td className="max-sm:hidden">
                <LastGeneration generation={dataset.last_generation} />
              </Td>
              <Td className="text-ink-2 max-md:hidden">v{format.number(dataset.version)}</Td>
              <Td className="text-ink-2 max-lg:hidden">
                <Tooltip text={format.dateTime(dataset.updated_at)}>
                  <span className="relative inline-flex items-center gap-2">
                    {dataset.updated_by && <Avatar name={dataset.updated_by.name} />}
                    {format.relative(dataset.updated_at)}
                  </span>
                </Tooltip>
              </Td>
              <Td className="pr-2 text-right">
                {canWrite && (
                  <span className="relative inline-flex items-center gap-1">
                    <Button
                      className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 max-lg:hidden"
                      onClick={() =>
                        void navigate({
                          to: "/datasets/$datasetId/generations",
                          params: { datasetId: dataset.id },
                          search: { generate: true },
                        })
                      }
                    >
                      {t("generate.open")}
                    </Button>
                    <Menu
                      label={dataset.name}
                      trigger={
                        <IconButton
                          icon={Ellipsis}
                          label={t("datasets.menu", { name: dataset.name })}
                        />
                      }
                    >
                      <MenuItem
                        icon={Play}
                        onSelect={() =>
                          void navigate({
                            to: "/datasets/$datasetId/generations",
                            params: { datasetId: dataset.id },
                            search: { generate: true },
                          })
                        }
                      >
                        {t("generate.open")}
                      </MenuItem>
                      <MenuItem icon={Pencil} onSelect={() => setEdited(dataset)}>
                        {t("ui.rename")}
                      </MenuItem>
                      <MenuSeparator />
                      <MenuItem icon={Trash2} danger onSelect={() => remove.mutate(dataset)}>
                        {t("ui.delete")}
                      </MenuItem>
                    </Menu>
                  </span>
                )}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
      {edited && <EditDatasetDialog dataset={edited} onClose={() => setEdited(null)} />}
    </>
  );
}
