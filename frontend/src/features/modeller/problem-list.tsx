import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Empty } from "@/ui/feedback";
import { Sentence } from "@/ui/words";
import { useModeller } from "./context";
import { positionOf } from "./document";
import type { PlacedProblem } from "./model";
import { parsePointer } from "./pointer";
import { FixButton } from "./problem-fix";

/** All problems of the draft, by table and place. */
export function ProblemList() {
  const { t } = useTranslation();
  const { problems, tables, go, draft } = useModeller();
  if (problems.length === 0) {
    return (
      <div className="px-4">
        <Empty icon={CircleCheck} title={t("modeller.problems.none")}>
          {t("modeller.problems.noneWords")}
        </Empty>
      </div>
    );
  }
  const groups = new Map<string, PlacedProblem[]>();
  for (const entry of [...problems].sort((a, b) => a.from - b.from)) {
    const [list, index] = parsePointer(entry.problem.pointer);
    const name = list === "tables" ? (tables[Number(index)]?.name ?? "") : "";
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  const show = (entry: PlacedProblem) => {
    const [list, index, part, at] = parsePointer(entry.problem.pointer);
    const table = list === "tables" ? tables[Number(index)] : undefined;
    if (!table) return go({ pane: "yaml" });
    if (part === "columns" && at !== undefined)
      return go({ table: table.name, section: undefined, column: table.columns[Number(at)]?.name });
    if (part === "rules" && at !== undefined)
      return go({ table: table.name, section: "rules", rule: table.rules[Number(at)]?.id });
    if (part === "foreign_keys") return go({ table: table.name, section: "keys" });
    return go({ table: table.name, column: undefined });
  };
  return (
    <div className="flex flex-col gap-4 p-4">
      {[...groups].map(([name, entries]) => (
        <section key={name}>
          <h3 className="mb-1 text-xs text-ink-2">
            {name === "" ? t("modeller.problems.dataset") : name}
          </h3>
          <ul className="flex flex-col gap-2">
            {entries.map((entry) => (
              <ProblemItem
                key={`${entry.problem.pointer} ${entry.problem.code} ${entry.problem.detail}`}
                entry={entry}
                line={positionOf(draft.text, entry.from).line}
                onShow={() => show(entry)}
              />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function ProblemItem({
  entry,
  line,
  onShow,
}: {
  entry: PlacedProblem;
  line: number;
  onShow: () => void;
}) {
  const { t } = useTranslation();
  const { problem } = entry;
  const Icon = problem.severity === "error" ? CircleAlert : TriangleAlert;
  return (
    <li
      className={
        problem.severity === "error"
          ? "rounded-md bg-danger-tint px-3 py-2"
          : "rounded-md bg-warning-tint px-3 py-2"
      }
    >
      <button type="button" className="flex w-full gap-2 rounded-sm text-left" onClick={onShow}>
        <Icon
          aria-hidden
          className={
            problem.severity === "error"
              ? "mt-0.5 size-3.5 shrink-0 text-danger"
              : "mt-0.5 size-3.5 shrink-0 text-warning"
          }
          strokeWidth={1.75}
        />
        <span className="min-w-0 grow">
          <Sentence className="block text-ink" text={problem.detail} />
          {problem.remedy && (
            <Sentence className="block text-xs text-ink-2" text={problem.remedy} />
          )}
          <span className="mono block truncate text-xs text-ink-3">
            {t("modeller.problems.line", { line })}
            {problem.pointer && ` · ${problem.pointer}`}
          </span>
        </span>
      </button>
      <FixButton problem={problem} className="mt-2 ml-5.5" />
    </li>
  );
}
