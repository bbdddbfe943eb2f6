import { Link } from "@tanstack/react-router";
import { Download, SquareTerminal, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCanWrite } from "@/api/session";
import { useFormat } from "@/i18n/format";
import { Button, IconButton } from "@/ui/button";
import { useDeferredDelete } from "@/ui/deferred-delete";
import { followLink } from "@/ui/download";
import { useFailureWords } from "@/ui/failure";
import { JobStateMark } from "@/ui/job-state";
import { Table, Td, Th, Tr } from "@/ui/table";
import { toast } from "@/ui/toast";
import { Tooltip } from "@/ui/tooltip";
import { Sentence } from "@/ui/words";
import { type Export, linkOf, useDeleteExport } from "./queries";
import { ScriptCard } from "./script-card";

/** Written files, newest first; each can be downloaded, and fetched by a script. */
export function ExportsTable({
  exports,
  named = false,
}: {
  exports: Export[];
  /** With the dataset's name, where they are of several. */
  named?: boolean;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const canWrite = useCanWrite();
  const failureWords = useFailureWords();
  const deletion = useDeleteExport();
  const { hidden, remove } = useDeferredDelete((id) => deletion.mutateAsync(id));
  const [scripted, setScripted] = useState<string | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const shown = exports.filter((each) => !hidden.has(each.id));
  const script = shown.find((each) => each.id === scripted);

  const download = (each: Export) => {
    setBusy(each.id);
    linkOf(each.id)
      .then(({ url }) => followLink(url, each.file_name ?? ""))
      .catch((error: unknown) => toast(failureWords(error), undefined, "danger"))
      .finally(() => setBusy(null));
  };

  return (
    <>
      <Table aria-label={t("exports.title")}>
        <thead>
          <tr>
            <Th>{t("exports.columns.file")}</Th>
            {named && <Th className="max-md:hidden">{t("exports.columns.dataset")}</Th>}
            <Th className="max-md:hidden">{t("exports.tables")}</Th>
            <Th right className="max-sm:hidden">
              {t("exports.columns.size")}
            </Th>
            <Th className="max-sm:hidden">{t("exports.columns.state")}</Th>
            <Th className="max-md:hidden">{t("exports.columns.made")}</Th>
            <Th>
              <span className="sr-only">{t("ui.more")}</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {shown.map((each) => (
            <Tr key={each.id}>
              <Td className="max-w-0 min-w-36 max-lg:w-full lg:w-4/12">
                <span className="block truncate font-semibold">
                  {each.file_name ?? each.dataset_name}
                </span>
                <span className="block truncate text-xs text-ink-2">
                  {t(`exports.format.${each.format}`, { defaultValue: each.format })}
                  {each.compression && ` · ${each.compression}`}
                  <span className="hidden max-sm:inline">
                    {each.size_bytes != null && ` · ${format.bytes(each.size_bytes)}`}
                  </span>
                </span>
              </Td>
              {named && (
                <Td className="max-md:hidden">
                  <Link
                    to="/generations/$generationId/exports"
                    params={{ generationId: each.generation_id }}
                    className="link"
                  >
                    {each.dataset_name}
                  </Link>
                </Td>
              )}
              <Td className="max-w-44 truncate text-ink-2 max-md:hidden">
                {each.tables.length > 0 && each.tables.length <= 2
                  ? each.tables.join(", ")
                  : t("exports.tableCount", { count: each.tables.length })}
              </Td>
              <Td right className="max-sm:hidden">
                {each.size_bytes == null ? "" : format.bytes(each.size_bytes)}
              </Td>
              <Td className="max-sm:hidden">
                {each.failure ? (
                  <Tooltip text={<Sentence text={each.failure} />}>
                    <span>
                      <JobStateMark state={each.state} />
                    </span>
                  </Tooltip>
                ) : (
                  <JobStateMark state={each.state} />
                )}
              </Td>
              <Td className="text-ink-2 max-md:hidden">{format.relative(each.created_at)}</Td>
              <Td className="pr-1 text-right">
                <span className="inline-flex items-center gap-1">
                  {each.state === "succeeded" && (
                    <>
                      <Button
                        icon={Download}
                        busy={busy === each.id}
                        aria-label={t("exports.downloadFile", { file: each.file_name ?? "" })}
                        onClick={() => download(each)}
                      >
                        <span className="max-sm:hidden">{t("exports.download")}</span>
                      </Button>
                      <IconButton
                        icon={SquareTerminal}
                        label={t("exports.script.open", { file: each.file_name ?? "" })}
                        aria-expanded={scripted === each.id}
                        onClick={() => setScripted(scripted === each.id ? null : each.id)}
                      />
                    </>
                  )}
                  {canWrite && (each.state === "succeeded" || each.state === "failed") && (
                    <IconButton
                      icon={Trash2}
                      label={t("exports.delete", { file: each.file_name ?? "" })}
                      onClick={() =>
                        remove(
                          each.id,
                          t("exports.deleted", { file: each.file_name ?? each.dataset_name }),
                        )
                      }
                    />
                  )}
                </span>
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
      {script && <ScriptCard key={script.id} file={script} onClose={() => setScripted(null)} />}
    </>
  );
}
