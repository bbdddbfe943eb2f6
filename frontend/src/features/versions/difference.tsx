import clsx from "clsx";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { compareLines } from "./lines";

/** What a version changed against the one before it. */
export function Difference({ before, after }: { before: string; after: string }) {
  const { t } = useTranslation();
  const lines = useMemo(() => compareLines(before, after), [before, after]);
  const added = lines.filter((line) => line.kind === "add").length;
  const removed = lines.filter((line) => line.kind === "del").length;
  return (
    <div className="flex min-h-0 grow flex-col">
      <p className="px-4 py-2 text-xs text-ink-3">
        {t("versions.added", { count: added })} · {t("versions.removed", { count: removed })}
      </p>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard
        tabIndex={0}
        aria-label={t("versions.changes")}
        className="scroll-thin min-h-0 grow pb-4 font-mono text-xs/5"
      >
        <div className="w-max min-w-full">
          {lines.map((line) => (
            <div
              key={`${line.before} ${line.after}`}
              className={clsx(
                "grid grid-cols-[3rem_3rem_1.5rem_1fr] whitespace-pre",
                line.kind === "add" && "bg-success-tint",
                line.kind === "del" && "bg-danger-tint",
              )}
            >
              <span aria-hidden className="pr-3 text-right text-2xs/5 text-ink-3">
                {line.before}
              </span>
              <span aria-hidden className="pr-3 text-right text-2xs/5 text-ink-3">
                {line.after}
              </span>
              <span>{line.kind === "add" ? "+" : line.kind === "del" ? "−" : " "}</span>
              <span className="pr-4">{line.text}</span>
            </div>
          ))}
        </div>
      </section>
    </div>
  );
}
