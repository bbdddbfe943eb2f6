import clsx from "clsx";
import type { Schemas } from "@/api/client";
import { CellValue } from "./cell";
import { TypeGlyph } from "./type-glyph";

type Sample = Pick<Schemas["Preview"], "columns" | "rows">;

/** A few rows to be looked at, each column under its type. What holds the table scrolls it. */
export function SampleRows({ data, className }: { data: Sample; className?: string }) {
  return (
    <table className={clsx("border-separate border-spacing-0 text-xs", className)}>
      <thead className="sticky top-0">
        <tr>
          {data.columns.map((column) => (
            <th
              key={column.name}
              scope="col"
              className="h-7 border-b border-line bg-sunken px-2 text-left text-2xs font-medium whitespace-nowrap not-last:border-r"
            >
              <span className="flex items-center gap-1.5">
                <TypeGlyph type={column.type} className="size-3" />
                {column.name}
              </span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {data.rows.map((row, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
          <tr key={at}>
            {data.columns.map((column) => (
              <td
                key={column.name}
                className={clsx(
                  "h-6.5 max-w-60 truncate border-b border-line px-2 whitespace-nowrap not-last:border-r",
                  column.is_number && "text-right tabular-nums",
                )}
              >
                <CellValue value={row[column.name]} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
