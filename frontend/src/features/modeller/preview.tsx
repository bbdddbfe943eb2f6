import clsx from "clsx";
import { ChevronDown, ChevronUp, RefreshCw } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { NoteList } from "@/features/llm/notes";
import { useFormat } from "@/i18n/format";
import { IconButton } from "@/ui/button";
import { useDelayed, useHotkey } from "@/ui/hooks";
import { announce } from "@/ui/live";
import { TypeGlyph } from "@/ui/type-glyph";
import { useModeller } from "./context";
import type { PreviewData } from "./requests";

const [LEAST, FIRST] = [120, 296];
/** Screen readers hear of new rows at most this often. */
const QUIET = 2000;

/** The rows that a generation of the draft will deliver, under the grid. */
export function Preview({ fill = false }: { fill?: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { preview, table } = useModeller();
  const [isOpen, setOpen] = useState(true);
  const [height, setHeight] = useState(FIRST);
  const start = useRef({ y: 0, height });
  const told = useRef(0);
  const { data, stale, ms } = preview;
  useHotkey("mod+j", () => setOpen((open) => !open), !fill);

  useEffect(() => {
    if (!data || Date.now() - told.current < QUIET) return;
    told.current = Date.now();
    announce(t("modeller.preview.updated"));
  }, [data, t]);

  if (!table) return null;
  const shown = fill || isOpen;
  const put = (next: number) =>
    setHeight(Math.min(window.innerHeight - 220, Math.max(LEAST, next)));
  return (
    <section
      aria-label={t("modeller.preview.title")}
      className={clsx(
        "relative flex min-h-0 flex-col border-t border-line bg-surface",
        fill || isOpen ? "grow" : "shrink-0",
      )}
      style={fill || !isOpen ? undefined : { flex: `1 0 min(${height}px, 60%)` }}
    >
      {!fill && isOpen && (
        <div
          role="separator"
          tabIndex={0}
          aria-label={t("modeller.resizePreview")}
          aria-orientation="horizontal"
          aria-valuenow={height}
          aria-valuemin={LEAST}
          className="absolute inset-x-0 -top-1 z-(--z-sticky) h-2 cursor-row-resize touch-none hover:bg-accent-line/40"
          onPointerDown={(event) => {
            start.current = { y: event.clientY, height };
            event.currentTarget.setPointerCapture(event.pointerId);
          }}
          onPointerMove={(event) =>
            event.currentTarget.hasPointerCapture(event.pointerId) &&
            put(start.current.height + start.current.y - event.clientY)
          }
          onKeyDown={(event) => {
            const step = { ArrowUp: 24, ArrowDown: -24 }[event.key];
            if (step === undefined) return;
            event.preventDefault();
            put(height + step);
          }}
        />
      )}
      <header className="flex h-9 shrink-0 items-center gap-2.5 border-b border-line px-4 text-xs text-ink-3">
        <h3 className="shrink-0 text-ink">{t("modeller.preview.title")}</h3>
        {data && shown && (
          <span className="truncate">
            {table.name} ·{" "}
            {t("modeller.preview.range", {
              to: format.number(data.rows.length),
              total: format.number(data.total),
            })}{" "}
            ·{" "}
            {stale ? (
              <span className="text-warning">{t("modeller.preview.stale")}</span>
            ) : (
              t("modeller.preview.promise")
            )}
          </span>
        )}
        <span className="ml-auto flex shrink-0 items-center gap-1">
          {data && !stale && (
            <span className="tabular-nums max-sm:hidden">
              {format.number(Math.max(1, Math.round(ms)))} ms
            </span>
          )}
          <IconButton
            icon={RefreshCw}
            size="xs"
            label={t("modeller.preview.again")}
            onClick={preview.again}
          />
          {!fill && (
            <IconButton
              icon={isOpen ? ChevronDown : ChevronUp}
              size="xs"
              label={isOpen ? t("modeller.preview.fold") : t("modeller.preview.unfold")}
              onClick={() => setOpen(!isOpen)}
            />
          )}
        </span>
      </header>
      {shown && (
        <NoteList notes={data?.notes} className="max-h-24 shrink-0 overflow-y-auto rounded-none" />
      )}
      {shown && (data ? <Rows data={data} /> : <PreviewWaiting />)}
    </section>
  );
}

function PreviewWaiting() {
  const { t } = useTranslation();
  const { preview, draft } = useModeller();
  const late = useDelayed(true);
  if (preview.error !== undefined || draft.reading.value === undefined)
    return <p className="p-4 text-ink-3">{t("modeller.preview.none")}</p>;
  return (
    <div role="status" aria-label={t("ui.loading")} className="p-4">
      {late && [1, 2, 3, 4].map((row) => <span key={row} className="bone mb-4 w-2/3" />)}
    </div>
  );
}

/** A value as files spell it. */
export function valueText(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function Rows({ data }: { data: PreviewData }) {
  const { t } = useTranslation();
  const { preview, table, column, go, plan } = useModeller();
  const derived = new Set(
    plan.report?.tables
      .find((entry) => entry.name === data.table)
      ?.columns.filter(
        (entry) => entry.generator === "expression" || entry.generator.startsWith("rule "),
      )
      .map((entry) => entry.name),
  );
  const head = useRef<HTMLTableCellElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the column that is chosen is brought into view
  useEffect(() => {
    head.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [column?.name]);
  const more = (event: React.UIEvent<HTMLDivElement>) => {
    const box = event.currentTarget;
    if (box.scrollTop + box.clientHeight > box.scrollHeight - 80 && data.rows.length < data.total)
      preview.more();
  };
  return (
    <div
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
      tabIndex={0}
      aria-label={t("modeller.preview.title")}
      role="group"
      className={clsx(
        "min-h-0 grow overflow-auto outline-offset-[-2px]",
        preview.stale && "[&_td]:bg-sunken [&_td]:text-ink-2",
      )}
      onScroll={more}
    >
      <table className="w-max min-w-full border-separate border-spacing-0 text-xs">
        <thead className="sticky top-0 z-(--z-sticky)">
          <tr>
            {data.columns.map((entry) => (
              <th
                key={entry.name}
                ref={entry.name === column?.name ? head : undefined}
                scope="col"
                className={clsx(
                  "h-7 max-w-60 border-r border-b border-line px-2 text-2xs font-medium last:border-r-0",
                  entry.name === column?.name ? "bg-accent-tint text-accent" : "bg-sunken text-ink",
                )}
              >
                <button
                  type="button"
                  className={clsx(
                    "flex w-full items-center gap-1 rounded-sm",
                    entry.is_number && "justify-end",
                  )}
                  onClick={() => go({ column: entry.name })}
                >
                  <TypeGlyph type={entry.type} className="size-3" />
                  <span className="truncate">{entry.name}</span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.rows.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
            <tr key={at}>
              {data.columns.map((entry) => {
                const value = row[entry.name];
                const isChanged = preview.changed.has(`${at} ${entry.name}`);
                return (
                  <td
                    // A cell that changes again is a new one, so that its flash begins anew.
                    key={isChanged ? `${entry.name} ${valueText(value)}` : entry.name}
                    className={clsx(
                      "h-6.5 max-w-60 truncate border-r border-b border-line bg-surface px-2 last:border-r-0",
                      entry.is_number && "text-right tabular-nums",
                      derived.has(entry.name) && "text-ink-3",
                      isChanged && "flash",
                    )}
                  >
                    {value === null || value === undefined ? (
                      <span className="text-2xs tracking-wide text-ink-3">null</span>
                    ) : (
                      valueText(value)
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {data.rows.length === 0 && (
        <p className="p-4 text-ink-3">{t("modeller.preview.empty", { name: table?.name ?? "" })}</p>
      )}
    </div>
  );
}
