import clsx from "clsx";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { compareLines } from "@/features/versions/lines";

/** The lines that one text has and another has not, as they are written. */
export function Hunks({
  before,
  after,
  label,
  className,
}: {
  before: string;
  after: string;
  label: string;
  className?: string;
}) {
  const { t } = useTranslation();
  const lines = useMemo(
    () => compareLines(before, after).filter((line) => line.kind !== "same"),
    [before, after],
  );
  if (lines.length === 0) return null;
  const words = { add: t("assistant.line.add"), del: t("assistant.line.del"), same: "" };
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard
      tabIndex={0}
      aria-label={label}
      className={clsx("scroll-thin font-mono text-xs/5 -outline-offset-2", className)}
    >
      <div className="w-max min-w-full">
        {lines.map((line) => (
          <div
            key={`${line.before} ${line.after}`}
            className={clsx(
              "grid grid-cols-[2.25rem_1fr] whitespace-pre",
              line.kind === "add" ? "bg-success-tint" : "bg-danger-tint",
            )}
          >
            <span className="text-center">
              <span aria-hidden>{line.kind === "add" ? "+" : "−"}</span>
              <span className="sr-only">{words[line.kind]}: </span>
            </span>
            <span className="pr-4">{line.text}</span>
          </div>
        ))}
      </div>
    </section>
  );
}
