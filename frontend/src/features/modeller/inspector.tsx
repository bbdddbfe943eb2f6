import { lazy, Suspense, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import { Segment } from "@/ui/choice";
import { ColumnForm } from "./column-form";
import { useModeller } from "./context";
import { ProblemList } from "./problem-list";
import { TableForm } from "./table-form";

/** The editor is the heaviest part of the modeller and comes when it is first opened. */
const YamlPane = lazy(() => import("./yaml-pane"));

export type Pane = "column" | "yaml" | "problems";

export function paneOf(text: string | undefined): Pane {
  return text === "yaml" || text === "problems" ? text : "column";
}

const WIDTHS = { column: 344, problems: 344, yaml: 528 };
const [LEAST, MOST] = [280, 720];

/** The pane at the right; its edge is dragged, or moved with the arrows. */
export function Inspector({ only }: { only?: Pane }) {
  const { t } = useTranslation();
  const { view } = useModeller();
  const pane = only ?? paneOf(view.pane);
  const [dragged, setDragged] = useState<Partial<Record<Pane, number>>>({});
  const width = dragged[pane] ?? WIDTHS[pane];
  const start = useRef({ x: 0, width });
  const put = (next: number) =>
    setDragged((old) => ({ ...old, [pane]: Math.min(MOST, Math.max(LEAST, next)) }));
  return (
    <aside
      data-inspector
      aria-label={t("modeller.inspector")}
      className="relative flex shrink-0 flex-col border-l border-line bg-surface"
      style={{ width }}
    >
      <div
        role="separator"
        tabIndex={0}
        aria-label={t("modeller.resize")}
        aria-orientation="vertical"
        aria-valuemin={LEAST}
        aria-valuemax={MOST}
        aria-valuenow={width}
        className="absolute inset-y-0 -left-1 z-(--z-sticky) w-2 cursor-col-resize touch-none hover:bg-accent-line/40"
        onPointerDown={(event) => {
          start.current = { x: event.clientX, width };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) =>
          event.currentTarget.hasPointerCapture(event.pointerId) &&
          put(start.current.width + start.current.x - event.clientX)
        }
        onKeyDown={(event) => {
          const step = { ArrowLeft: 16, ArrowRight: -16 }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          put(width + step);
        }}
      />
      <InspectorBody {...(only ? { only } : {})} />
    </aside>
  );
}

export function InspectorBody({ only }: { only?: Pane }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { view, go, problems, column } = useModeller();
  const pane = only ?? paneOf(view.pane);
  return (
    <>
      {!only && (
        <div className="flex h-10 shrink-0 items-center gap-2 border-b border-line px-3">
          <Segment<Pane>
            label={t("modeller.panes")}
            value={pane}
            onChange={(next) => go({ pane: next })}
            options={[
              { value: "column", label: column ? t("modeller.column") : t("modeller.table") },
              { value: "yaml", label: "YAML" },
              {
                value: "problems",
                label: t("modeller.problems.title"),
                count: (
                  <span
                    className={
                      problems.some((entry) => entry.problem.severity === "error")
                        ? "font-medium text-danger"
                        : undefined
                    }
                  >
                    {format.number(problems.length)}
                  </span>
                ),
              },
            ]}
          />
        </div>
      )}
      {pane === "yaml" ? (
        <Suspense fallback={<div className="grow" />}>
          <YamlPane />
        </Suspense>
      ) : (
        <div className="min-h-0 grow overflow-y-auto">
          {pane === "problems" ? (
            <ProblemList />
          ) : column ? (
            <ColumnForm key={column.pointer} column={column} />
          ) : (
            <TableForm />
          )}
        </div>
      )}
    </>
  );
}
