import clsx from "clsx";
import { useRef, useState } from "react";
import { useParameterName } from "@/forms/schema-form";
import { useEdit, useModeller } from "./context";
import { DRAG } from "./history";
import type { Path } from "./pointer";
import type { Shape } from "./shape";

interface Props {
  parameter: string;
  role: string;
  value: unknown;
  shape: Shape;
  path: Path;
}

/** A thin bed, filled up to a round thumb; each engine names the two parts in its own way. */
const SLIDER = clsx(
  "h-4 w-24 min-w-0 shrink appearance-none bg-transparent",
  "[&::-webkit-slider-runnable-track]:h-0.5 [&::-webkit-slider-runnable-track]:rounded-full [&::-webkit-slider-runnable-track]:bg-[linear-gradient(to_right,var(--accent-solid)_var(--filled),var(--line-strong)_var(--filled))]",
  "[&::-webkit-slider-thumb]:-mt-[5px] [&::-webkit-slider-thumb]:size-3 [&::-webkit-slider-thumb]:appearance-none [&::-webkit-slider-thumb]:rounded-full [&::-webkit-slider-thumb]:border-2 [&::-webkit-slider-thumb]:border-accent-solid [&::-webkit-slider-thumb]:bg-raised",
  "[&::-moz-range-track]:h-0.5 [&::-moz-range-track]:bg-line-strong [&::-moz-range-progress]:h-0.5 [&::-moz-range-progress]:bg-accent-solid",
  "[&::-moz-range-thumb]:size-2 [&::-moz-range-thumb]:rounded-full [&::-moz-range-thumb]:border-2 [&::-moz-range-thumb]:border-accent-solid [&::-moz-range-thumb]:bg-raised",
);

/** The span that a slider runs over, from what the rows hold: places on the axis for some roles, sizes for the others. */
function spanFor(role: string, value: number, shape: Shape): [number, number] {
  const [from, to] = [shape.from ?? 0, shape.to ?? 1];
  const width = to - from || 1;
  if (role === "location" || role === "lower" || role === "upper") {
    const low = Math.min(value, from - width * 0.25);
    return [from >= 0 && value >= 0 ? Math.max(0, low) : low, Math.max(value, to + width * 0.25)];
  }
  return [0, Math.max(value * 2, role === "spread" ? width / 2 : 1)];
}

/** A parameter's number as a slider, where its role in the catalogue says that it has a place or a size. */
export function RoleSlider({ parameter, role, value, shape, path }: Props) {
  const { readOnly } = useModeller();
  const { set } = useEdit();
  const nameOf = useParameterName();
  const drag = useRef(0);
  const [span, setSpan] = useState<[number, number] | null>(null);
  const isSet = typeof value === "number";
  const [min, max] =
    span ??
    spanFor(role, isSet ? value : role === "upper" ? (shape.to ?? 1) : (shape.from ?? 0), shape);
  const step = 10 ** Math.floor(Math.log10(Math.max(1e-9, (max - min) / 100)));
  const isWhole = isSet && Number.isInteger(value);
  return (
    <input
      type="range"
      aria-label={nameOf(parameter)}
      disabled={readOnly}
      min={min}
      max={max}
      step={isWhole ? Math.max(1, step) : step}
      value={isSet ? value : role === "upper" ? max : min}
      style={
        {
          "--filled": `${isSet || role === "upper" ? (((isSet ? value : max) - min) / (max - min || 1)) * 100 : 0}%`,
        } as React.CSSProperties
      }
      className={clsx(SLIDER, !isSet && "opacity-45")}
      // The span is that of the start of the drag, so that the thumb stays under the pointer.
      onPointerDown={() => {
        drag.current = Date.now();
        setSpan([min, max]);
      }}
      onPointerUp={() => setSpan(null)}
      onChange={(event) =>
        set(
          [...path, parameter],
          Number(Number(event.currentTarget.value).toPrecision(8)),
          span ? { group: `${DRAG} ${drag.current} ${parameter}` } : {},
        )
      }
    />
  );
}
