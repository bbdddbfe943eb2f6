import { Link } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCanWrite } from "@/api/session";
import { useFormat } from "@/i18n/format";
import { IconButton } from "@/ui/button";
import { useDeferredDelete } from "@/ui/deferred-delete";
import { isUnderWay, JobStateMark } from "@/ui/job-state";
import { Avatar, Meter } from "@/ui/mark";
import { moveBetweenRows, rowLinkClass } from "@/ui/rows";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Tooltip } from "@/ui/tooltip";
import { type Generation, useDeleteGeneration } from "./queries";

/** Generations, newest first; with the dataset's name where they are of several. */
export function GenerationsTable({
  generations,
  named = false,
}: {
  generations: Generation[];
  named?: boolean;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const canWrite = useCanWrite();
  const deletion = useDeleteGeneration();
  const { hidden, remove } = useDeferredDelete((id) => deletion.mutateAsync(id));
  return (
    <Table aria-label={t("generations.heading")} onKeyDown={moveBetweenRows}>
      <thead>
        <tr>
          {named && <Th>{t("generations.columns.dataset")}</Th>}
          <Th>{t("generations.columns.state")}</Th>
          <Th className="max-sm:hidden">{t("generations.columns.version")}</Th>
          <Th className="max-md:hidden">{t("generations.columns.seed")}</Th>
          <Th right>{t("generations.rows")}</Th>
          <Th className="max-md:hidden">{t("generations.columns.certificate")}</Th>
          <Th right className="max-md:hidden">
            {t("generations.columns.took")}
          </Th>
          <Th className="max-sm:hidden">{t("generations.columns.started")}</Th>
          <Th>
            <span className="sr-only">{t("ui.more")}</span>
          </Th>
        </tr>
      </thead>
      <tbody>
        {generations
          .filter((generation) => !hidden.has(generation.id))
          .map((generation) => {
            const moving = isUnderWay(generation.state);
            const share =
              generation.rows_total > 0 ? generation.rows_done / generation.rows_total : 0;
            const link = (
              <Link
                to={
                  generation.state === "succeeded"
                    ? "/generations/$generationId/rows"
                    : "/generations/$generationId"
                }
                params={{ generationId: generation.id }}
                data-row
                aria-label={t("generations.open", {
                  name: named ? generation.dataset_name : t(`ui.state.${generation.state}`),
                  when: format.relative(generation.created_at),
                })}
                className={rowLinkClass}
              >
                {named ? generation.dataset_name : <JobStateMark state={generation.state} />}
              </Link>
            );
            return (
              <Tr key={generation.id}>
                {named && (
                  <Td dense className="max-w-48 truncate">
                    {link}
                  </Td>
                )}
                <Td dense>
                  {named ? <JobStateMark state={generation.state} /> : link}
                  {generation.state === "running" && (
                    <Meter
                      value={share}
                      label={t("generations.progressOf", { name: generation.dataset_name })}
                      className="mt-1 w-24"
                    />
                  )}
                </Td>
                <Td dense className="text-ink-2 max-sm:hidden">
                  v{format.number(generation.version)}
                </Td>
                <Td dense className="text-ink-2 tabular-nums max-md:hidden">
                  {generation.seed}
                </Td>
                <Td dense right>
                  {format.number(generation.rows_total)}
                </Td>
                <Td dense className="text-ink-2 max-md:hidden">
                  {generation.certificate &&
                    (generation.certificate.broken > 0 ? (
                      <span className="text-danger">
                        {t("certificate.broken", { count: generation.certificate.broken })}
                      </span>
                    ) : (
                      t("certificate.holdCount", { count: generation.certificate.statements })
                    ))}
                </Td>
                <Td dense right className="text-ink-2 max-md:hidden">
                  {moving
                    ? format.percent(share)
                    : generation.started_at &&
                      generation.finished_at &&
                      format.duration(
                        (Date.parse(generation.finished_at) - Date.parse(generation.started_at)) /
                          1000,
                      )}
                </Td>
                <Td dense className="text-ink-2 max-sm:hidden">
                  <Tooltip text={format.dateTime(generation.created_at)}>
                    <span className="relative inline-flex items-center gap-2">
                      {generation.created_by && <Avatar name={generation.created_by.name} />}
                      {format.relative(generation.created_at)}
                    </span>
                  </Tooltip>
                </Td>
                <Td dense className="pr-1 text-right">
                  {canWrite && !moving && generation.state !== "needs_key" && (
                    <IconButton
                      icon={Trash2}
                      label={t("generations.delete")}
                      className="relative opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 max-lg:opacity-100"
                      onClick={() =>
                        remove(
                          generation.id,
                          t("generations.deleted", { name: generation.dataset_name }),
                        )
                      }
                    />
                  )}
                </Td>
              </Tr>
            );
          })}
      </tbody>
    </Table>
  );
}
