import { useQuery } from "@tanstack/react-query";
import { SquareTerminal, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import { IconButton } from "@/ui/button";
import { Code, CopyButton } from "@/ui/code";
import { ErrorPanel } from "@/ui/feedback";
import { type Export, linkOf } from "./queries";

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The command that fetches a file, by a signed address that holds for a few minutes. */
export function ScriptCard({ file, onClose }: { file: Export; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const link = useQuery({
    queryKey: ["export-link", file.id],
    queryFn: () => linkOf(file.id),
    staleTime: 60_000,
    gcTime: 60_000,
  });
  const curl = link.data
    ? `curl -fL -o ${quoted(file.file_name ?? file.dataset_name)} \\\n  ${quoted(link.data.url)}`
    : "";
  return (
    <section className="mt-7 overflow-hidden rounded-lg border border-line">
      <header className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2.5">
        <SquareTerminal aria-hidden className="size-4 text-ink-3" strokeWidth={1.5} />
        <h2 className="text-sm">{t("exports.script.title", { file: file.file_name ?? "" })}</h2>
        <span className="grow text-xs text-ink-3">
          {link.data && t("exports.script.until", { time: format.dateTime(link.data.expires_at) })}
        </span>
        {link.data && <CopyButton text={curl} />}
        <IconButton icon={X} size="xs" label={t("ui.close")} onClick={onClose} />
      </header>
      {link.error ? (
        <div className="px-4">
          <ErrorPanel error={link.error} onRetry={() => void link.refetch()} />
        </div>
      ) : (
        <Code
          text={curl}
          language="plain"
          label={t("exports.script.title", { file: file.file_name ?? "" })}
          className="min-h-16 rounded-none"
        />
      )}
    </section>
  );
}
