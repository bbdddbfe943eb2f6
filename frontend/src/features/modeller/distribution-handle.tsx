import { useParameterName } from "@/forms/schema-form";
import type { Shape } from "./shape";

/** The drawing's size, and the room above the bars for the handles. */
export const [WIDTH, HEIGHT, TOP] = [312, 128, 14];
const MIDDLE = HEIGHT * 0.62;

export interface HandleOf {
  /** The parameter, its role and its value. */
  parameter: string;
  role: string;
  value: number;
  /** What its value is counted from on the axis: a spread from the location, a place from 0. */
  base: number;
}

/** Which parameters stand on the axis; without roles from the catalogue, none. */
export function handlesOf(
  roles: Record<string, string>,
  generator: Record<string, unknown> | undefined,
  shape: Shape,
): HandleOf[] {
  const numberOf = (key: string | undefined) => {
    const value = key === undefined ? undefined : generator?.[key];
    return typeof value === "number" ? value : undefined;
  };
  const location = numberOf(Object.keys(roles).find((key) => roles[key] === "location"));
  const width = (shape.to ?? 0) - (shape.from ?? 0);
  return Object.entries(roles).flatMap(([parameter, role]) => {
    const value = numberOf(parameter);
    if (value === undefined) return [];
    if (role === "location" || role === "lower" || role === "upper") {
      return [{ parameter, role, value, base: 0 }];
    }
    // A spread has a place only where it is measured as the values are: one of another measure would lie on the location.
    const hasPlace =
      role === "spread" && location !== undefined && value > width * 0.03 && value < width;
    return hasPlace ? [{ parameter, role, value, base: location }] : [];
  });
}

interface HandleProps extends HandleOf {
  /** Where it stands, and where its base does. */
  x: number;
  origin: number;
  min: number;
  max: number;
  words: string;
  readOnly: boolean;
  onGrab: () => void;
  onLetGo: () => void;
  onDrag: (clientX: number) => void;
  onStep: (value: number) => void;
}

/** A slider on the axis: round for a location and a spread, a square flag for a bound. */
export function Handle(props: HandleProps) {
  const { parameter, role, value, x, origin, min, max, words, readOnly } = props;
  const name = useParameterName()(parameter);
  const isBound = role === "lower" || role === "upper";
  const isSpread = role === "spread";
  const isLeft = x > WIDTH - 96;
  const y = isSpread ? MIDDLE : TOP - 6;
  return (
    <g
      role="slider"
      tabIndex={readOnly ? -1 : 0}
      aria-label={name}
      aria-valuenow={value}
      aria-valuemin={min}
      aria-valuemax={max}
      aria-valuetext={words}
      className="group cursor-ew-resize touch-none outline-none"
      onPointerDown={(event) => {
        if (readOnly) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        props.onGrab();
      }}
      onPointerMove={(event) =>
        event.currentTarget.hasPointerCapture(event.pointerId) && props.onDrag(event.clientX)
      }
      onPointerUp={props.onLetGo}
      onKeyDown={(event) => {
        const direction = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
        if (direction === undefined || readOnly) return;
        event.preventDefault();
        const unit = 10 ** Math.floor(Math.log10(Math.max(1e-9, (max - min) / 40)));
        const next = value + direction * unit * (event.shiftKey ? 10 : 1);
        props.onStep(Number((isSpread ? Math.max(unit, next) : next).toPrecision(10)));
      }}
    >
      {isSpread ? (
        <line x1={origin} x2={x} y1={y} y2={y} className="stroke-accent" strokeDasharray="2 2" />
      ) : (
        <line
          x1={x}
          x2={x}
          y1={TOP - 4}
          y2={HEIGHT}
          className={isBound ? "stroke-ink-2" : "stroke-accent"}
          strokeDasharray={isBound ? "2 2" : undefined}
        />
      )}
      <circle
        cx={x}
        cy={y}
        r={9}
        className="fill-none stroke-focus stroke-2 opacity-0 group-focus-visible:opacity-100"
      />
      {isBound ? (
        <rect
          x={x - 4}
          y={y - 5}
          width={8}
          height={10}
          rx={2}
          className="fill-raised stroke-accent-solid stroke-2"
        />
      ) : (
        <>
          <circle cx={x} cy={y} r={5} className="fill-raised stroke-accent-solid stroke-2" />
          <text
            x={isLeft ? x - 10 : x + 9}
            y={y + 3}
            textAnchor={isLeft ? "end" : "start"}
            paintOrder="stroke"
            strokeWidth={3}
            className="fill-ink stroke-surface text-[10px] tabular-nums"
          >
            {name} {words}
          </text>
        </>
      )}
      {isSpread ? (
        <circle cx={x} cy={y} r={12} className="fill-transparent" />
      ) : (
        <rect x={x - 12} y={0} width={24} height={TOP + 4} className="fill-transparent" />
      )}
    </g>
  );
}
