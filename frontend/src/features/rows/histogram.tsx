import { type PointerEvent, useRef, useState } from "react";
import { condition } from "./conditions";
import type { Column } from "./queries";
import type { Bar } from "./summary";

/** The condition that some neighbouring bars stand for. */
export function conditionOf(column: Column, bars: Bar[]): string | null {
  const first = bars[0];
  const last = bars.at(-1);
  if (!first || !last) return null;
  const isValue = (bar: Bar) => bar.before === undefined && bar.to === undefined;
  if (isValue(first)) {
    return bars.map((bar) => condition(column, "=", bar.from)).join(" OR ");
  }
  const from = condition(column, ">=", first.from);
  const to =
    last.before === undefined
      ? condition(column, "<=", last.to ?? last.from)
      : condition(column, "<", last.before);
  return `${from} AND ${to}`;
}

/** Bars that a press or a drag turns into a filter; the field of the filter does the same for the keyboard. */
export function Histogram({
  column,
  bars,
  label,
  onFilter,
}: {
  column: Column;
  bars: Bar[];
  label: string;
  onFilter: (condition: string) => void;
}) {
  const box = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const most = Math.max(...bars.map((bar) => bar.count), 1);
  const barAt = (event: PointerEvent) => {
    const { left, width } = box.current?.getBoundingClientRect() ?? { left: 0, width: 1 };
    const at = Math.floor(((event.clientX - left) / width) * bars.length);
    return Math.min(bars.length - 1, Math.max(0, at));
  };
  const chosen = (at: number) =>
    drag !== null && at >= Math.min(drag.from, drag.to) && at <= Math.max(drag.from, drag.to);
  return (
    <svg
      ref={box}
      role="img"
      aria-label={label}
      viewBox={`0 0 ${bars.length} 22`}
      preserveAspectRatio="none"
      className="block h-[22px] w-full touch-none"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: barAt(event), to: barAt(event) });
      }}
      onPointerMove={(event) => {
        if (drag !== null) setDrag({ ...drag, to: barAt(event) });
      }}
      onPointerCancel={() => setDrag(null)}
      onPointerUp={() => {
        const taken = bars.filter((_, at) => chosen(at));
        setDrag(null);
        const filter = conditionOf(column, taken);
        if (filter !== null) onFilter(filter);
      }}
    >
      {bars.map((bar, at) => {
        const tall = bar.count > 0 ? Math.max(1.5, (bar.count / most) * 22) : 0;
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
            key={at}
            x={at + 0.04}
            y={22 - tall}
            width={0.92}
            height={tall}
            className={chosen(at) ? "fill-chart-delivered" : "fill-chart-fill"}
          />
        );
      })}
    </svg>
  );
}
