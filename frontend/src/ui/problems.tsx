import { CircleAlert, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Problem } from "@/api/problem";
import { Sentence } from "./words";

/** `/tables/1/columns/2/min` as people write it: `tables[1].columns[2].min`. */
export function pointerWords(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"))
    .reduce(
      (path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path ? `${path}.${part}` : part),
      "",
    );
}

/** Problems with their places, the errors first. */
export function ProblemList({ problems }: { problems: Problem[] }) {
  const { t } = useTranslation();
  const sorted = [...problems].sort(
    (a, b) => Number(a.severity === "warning") - Number(b.severity === "warning"),
  );
  return (
    <ul className="flex flex-col divide-y divide-line">
      {sorted.map((problem) => {
        const warning = problem.severity === "warning";
        const Icon = warning ? TriangleAlert : CircleAlert;
        const place = pointerWords(problem.pointer);
        return (
          <li
            key={`${problem.pointer} ${problem.code} ${problem.detail}`}
            className="flex gap-2 py-2"
          >
            <Icon
              role="img"
              aria-label={warning ? t("ui.warning") : t("ui.problem")}
              className={`mt-0.5 size-4 shrink-0 ${warning ? "text-warning" : "text-danger"}`}
              strokeWidth={1.5}
            />
            <div className="min-w-0">
              <p>
                <Sentence text={problem.detail} />
                {problem.remedy && (
                  <span className="text-ink-2">
                    ; <Sentence text={problem.remedy} />
                  </span>
                )}
              </p>
              {(place || problem.line) && (
                <p className="text-xs break-all text-ink-3">
                  <code>{place}</code>
                  {problem.line ? ` ${t("ui.line", { line: problem.line })}` : ""}
                </p>
              )}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
