import clsx from "clsx";
import type { ComponentProps } from "react";

/** A list of things: rows of 52 px, dense 40, with hairlines. */
export function Table({ className, ...rest }: ComponentProps<"table">) {
  return <table {...rest} className={clsx("w-full border-collapse", className)} />;
}

export function Th({
  right = false,
  className,
  ...rest
}: ComponentProps<"th"> & { right?: boolean }) {
  return (
    <th
      scope="col"
      {...rest}
      className={clsx(
        "border-b border-line px-3 pb-2 text-xs font-medium whitespace-nowrap text-ink-3 first:pl-2",
        right ? "text-right" : "text-left",
        className,
      )}
    />
  );
}

export function Tr({ className, ...rest }: ComponentProps<"tr">) {
  return (
    <tr
      {...rest}
      className={clsx("group relative hover:bg-hover focus-within:bg-hover", className)}
    />
  );
}

export function Td({
  right = false,
  dense = false,
  className,
  ...rest
}: ComponentProps<"td"> & { right?: boolean; dense?: boolean }) {
  return (
    <td
      {...rest}
      className={clsx(
        "border-b border-line px-3 align-middle whitespace-nowrap first:pl-2",
        dense ? "h-10" : "h-13",
        right && "text-right tabular-nums",
        className,
      )}
    />
  );
}
