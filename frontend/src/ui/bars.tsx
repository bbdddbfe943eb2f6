import clsx from "clsx";

/** A few bars without axes, for a list or the head of a column. The sentence stands for them. */
export function Bars({
  values,
  label,
  width = 66,
  height = 20,
  gap = 1,
  className,
}: {
  values: number[];
  /** Empty where what stands around it says the same. */
  label: string;
  width?: number;
  height?: number;
  gap?: number;
  className?: string;
}) {
  const most = Math.max(...values, 1e-9);
  const step = width / Math.max(values.length, 1);
  return (
    <svg
      {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}
      preserveAspectRatio="none"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      className={clsx("block shrink-0", className)}
    >
      {values.map((value, at) => {
        const tall = value > 0 ? Math.max(1.5, (value / most) * height) : 0;
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
            key={at}
            x={at * step}
            y={height - tall}
            width={Math.max(step - gap, 0.5)}
            height={tall}
            className="fill-chart-fill transition-[y,height] duration-(--duration-fast)"
          />
        );
      })}
    </svg>
  );
}
