import clsx from "clsx";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import { useEdit, useModeller } from "./context";
import { Handle, type HandleOf, HEIGHT, handlesOf, TOP, WIDTH } from "./distribution-handle";
import { DRAG } from "./history";
import type { Path } from "./pointer";
import { type Shape, ticksOf } from "./shape";

interface Props {
  name: string;
  shape: Shape;
  stale: boolean;
  /** The roles of the generator's parameters: which of them gets which handle. */
  roles: Record<string, string>;
  generator: Record<string, unknown> | undefined;
  path: Path;
}

/** A column's delivered values as bars, with handles for the parameters whose role has a place on the axis. */
export function Distribution({ name, shape, stale, roles, generator, path }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { readOnly } = useModeller();
  const { set } = useEdit();
  const svg = useRef<SVGSVGElement>(null);
  /** Tells one drag from the next; each is one step of the history. */
  const drag = useRef(0);
  const [frozen, setFrozen] = useState<[number, number] | null>(null);
  const most = Math.max(...shape.bars, 1);
  const isAxis = shape.from !== null && shape.to !== null && shape.bars.length > 1;
  const handles = isAxis ? handlesOf(roles, generator, shape) : [];
  const [from, to] =
    frozen ??
    domainOf(
      shape,
      handles.map((handle) => handle.base + handle.value),
    );
  const xOf = (value: number) => ((value - from) / (to - from || 1)) * WIDTH;
  const step = isAxis
    ? (xOf(shape.to ?? 1) - xOf(shape.from ?? 0)) / shape.bars.length
    : WIDTH / shape.bars.length;
  const origin = isAxis ? xOf(shape.from ?? 0) : 0;
  const isDate = isAxis && (shape.from ?? 0) > 1e11 && shape.figures === null;
  const labelOf = (text = "") => {
    if (!isAxis) return text;
    return isDate
      ? new Date(Number(text)).toISOString().slice(0, 10)
      : format.number(Number(text), { maximumSignificantDigits: 5 });
  };
  const label = t("modeller.shapeSentence", {
    name,
    count: shape.count,
    from: labelOf(shape.labels[0]),
    to: isAxis && shape.to !== null ? labelOf(String(shape.to)) : labelOf(shape.labels.at(-1)),
  });
  const moveTo = (handle: HandleOf, clientX: number) => {
    const box = svg.current?.getBoundingClientRect();
    if (!box) return;
    const at = from + ((clientX - box.left) / box.width) * (to - from) - handle.base;
    const value = handle.role === "spread" ? Math.max((to - from) / 200, at) : at;
    const places = Math.max(0, 2 - Math.floor(Math.log10(Math.max(1e-9, to - from))));
    set([...path, handle.parameter], Number(value.toFixed(Math.min(6, places))), {
      group: `${DRAG} ${drag.current} ${handle.parameter}`,
    });
  };
  return (
    <figure className={clsx("m-0", stale && "[&_svg]:opacity-60")}>
      <svg
        ref={svg}
        role={handles.length > 0 ? "group" : "img"}
        aria-label={label}
        viewBox={`0 0 ${WIDTH} ${HEIGHT + 18}`}
        className="block w-full overflow-visible"
      >
        {handles.map(({ parameter, role, value }) => {
          if (role !== "lower" && role !== "upper") return null;
          const [start, end] = role === "lower" ? [0, xOf(value)] : [xOf(value), WIDTH];
          return (
            <rect
              key={parameter}
              x={start}
              y={TOP - 4}
              width={Math.max(0, end - start)}
              height={HEIGHT - TOP + 4}
              className="fill-sunken"
            />
          );
        })}
        <line x1={0} x2={WIDTH} y1={HEIGHT} y2={HEIGHT} className="stroke-chart-grid" />
        {/* While a handle is dragged the axis stays, and what the new rows have beyond it is cut off. */}
        <svg x={0} y={0} width={WIDTH} height={HEIGHT} aria-hidden>
          {shape.bars.map((bar, at) => {
            const tall = bar === 0 ? 0 : Math.max(1.5, (bar / most) * (HEIGHT - TOP - 4));
            return (
              <rect
                // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
                key={at}
                x={origin + at * step + 0.5}
                width={Math.max(0.75, step - 1)}
                y={HEIGHT - tall}
                height={tall}
                className="fill-chart-fill transition-[y,height] duration-(--duration-fast) hover:fill-chart-delivered"
              >
                <title>{`${isAxis ? "" : `${shape.labels[at]}: `}${format.number(bar)}`}</title>
              </rect>
            );
          })}
          {isAxis && shape.bars.length >= 8 && (
            <path
              d={outlineOf(shape.bars, origin, step, most)}
              className="fill-none stroke-chart-delivered"
              strokeWidth={1.5}
            />
          )}
        </svg>
        {isAxis
          ? ticksOf(from, to).map((tick) => (
              <text
                key={tick}
                x={xOf(tick)}
                y={HEIGHT + 14}
                textAnchor={xOf(tick) < 12 ? "start" : xOf(tick) > WIDTH - 14 ? "end" : "middle"}
                className="fill-ink-3 text-[10px] tabular-nums"
              >
                {isDate ? new Date(tick).toISOString().slice(0, 7) : format.number(tick)}
              </text>
            ))
          : shape.bars.length <= 6 &&
            shape.labels.map((text, at) => (
              <text
                key={text}
                x={(at + 0.5) * step}
                y={HEIGHT + 14}
                textAnchor="middle"
                className="fill-ink-3 text-[10px]"
              >
                {text.length > 10 ? `${text.slice(0, 9)}…` : text}
              </text>
            ))}
        {handles.map((handle) => (
          <Handle
            key={handle.parameter}
            {...handle}
            x={xOf(handle.base + handle.value)}
            origin={xOf(handle.base)}
            min={handle.role === "spread" ? 0 : from}
            max={handle.role === "spread" ? to - from : to}
            readOnly={readOnly}
            words={format.number(handle.value, { maximumFractionDigits: 6 })}
            onGrab={() => {
              drag.current = Date.now();
              setFrozen([from, to]);
            }}
            onLetGo={() => setFrozen(null)}
            onDrag={(x) => moveTo(handle, x)}
            onStep={(value) => set([...path, handle.parameter], value)}
          />
        ))}
      </svg>
      {shape.figures && (
        <dl className="mt-2 grid grid-cols-4 gap-x-2 border-y border-line py-2 text-xs">
          {(["p5", "median", "mean", "p95"] as const).map((key) => (
            <div key={key}>
              <dt className="text-ink-3">{t(`modeller.figure.${key}`)}</dt>
              <dd className="m-0 font-medium tabular-nums">
                {format.number(shape.figures?.[key] ?? 0, { maximumSignificantDigits: 5 })}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </figure>
  );
}

/** The smoothed outline of the bars: each top between its neighbours', joined by curves. */
function outlineOf(bars: readonly number[], origin: number, step: number, most: number): string {
  const at = (index: number) => bars[Math.min(bars.length - 1, Math.max(0, index))] ?? 0;
  const points = bars.map((_, index) => {
    const top = (at(index - 1) + 2 * at(index) + at(index + 1)) / 4;
    return [origin + (index + 0.5) * step, HEIGHT - (top / most) * (HEIGHT - TOP - 4)] as const;
  });
  const point = (index: number) =>
    points[Math.min(points.length - 1, Math.max(0, index))] ?? ([0, 0] as const);
  // Each curve leaves its point in the direction from the point before to the one after (Catmull-Rom).
  return points
    .map(([x, y], index) => {
      if (index === 0) return `M${x.toFixed(1)} ${y.toFixed(1)}`;
      const [before, last, next] = [point(index - 2), point(index - 1), point(index + 1)];
      const control = [
        last[0] + (x - before[0]) / 6,
        last[1] + (y - before[1]) / 6,
        x - (next[0] - last[0]) / 6,
        y - (next[1] - last[1]) / 6,
      ];
      return `C${[...control, x, y].map((number) => number.toFixed(1)).join(" ")}`;
    })
    .join("");
}

/** The axis: the delivered values and the handles, with a little room at both sides. */
function domainOf(shape: Shape, handles: readonly number[]): [number, number] {
  const low = Math.min(shape.from ?? 0, ...handles);
  const high = Math.max(shape.to ?? 1, ...handles);
  const room = handles.length > 0 ? (high - low) * 0.06 : 0;
  return [low >= 0 && low - room < 0 ? 0 : low - room, high + room];
}
