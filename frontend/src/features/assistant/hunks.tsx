import clsx from "clsx";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { compareLines } from "@/features/versions/lines";

/** The spaces that all of some lines begin with. */
function indentOf(lines: readonly string[]): number {
  const written = lines.filter((line) => line.trim() !== "");
  return Math.min(...written.map((line) => line.search(/\S/)), 80);
}

/** The lines that one text has and another has not, as they are written. */
export function Hunks({
  before,
  after,
  label,
  muted = false,
  wrap = false,
  className,
}: {
  before: string;
  after: string;
  label: string;
  /** It will not be done. */
  muted?: boolean;
  /** Long lines go on in the next one, where there is little room. */
  wrap?: boolean;
  className?: string;
}) {
  const { t } = useTranslation();
  const lines = useMemo(
    () => compareLines(before, after).filter((line) => line.kind !== "same"),
    [before, after],
  );
  if (lines.length === 0) return null;
  const indent = indentOf(lines.map((line) => line.text));
  const words = { add: t("assistant.line.add"), del: t("assistant.line.del"), same: "" };
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard
      tabIndex={0}
      aria-label={label}
      className={clsx("scroll-thin font-mono text-xs/5 -outline-offset-2", className)}
    >
      <div className={wrap ? undefined : "w-max min-w-full"}>
        {lines.map((line) => (
          <div
            key={`${line.before} ${line.after}`}
            className={clsx(
              "grid grid-cols-[2.25rem_1fr]",
              wrap ? "break-words whitespace-pre-wrap" : "whitespace-pre",
              muted
                ? "bg-sunken text-ink-2"
                : line.kind === "add"
                  ? "bg-success-tint"
                  : "bg-danger-tint",
            )}
          >
            <span className="text-center">
              <span aria-hidden>{line.kind === "add" ? "+" : "−"}</span>
              <span className="sr-only">{words[line.kind]}: </span>
            </span>
            <span className="pr-4">{line.text.slice(indent)}</span>
          </div>
        ))}
      </div>
    </section>
  );
}
