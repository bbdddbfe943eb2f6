import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { client } from "@/api/client";
import { CellValue } from "@/ui/cell";
import { TypeGlyph } from "@/ui/type-glyph";
import { widestTable } from "./schema-text";

/** First rows of an example, made by the server. */
export function TemplateSample({ text, rows = 8 }: { text: string; rows?: number }) {
  const { t } = useTranslation();
  const table = useMemo(() => widestTable(text), [text]);
  const preview = useQuery({
    queryKey: ["template-sample", text, table, rows],
    enabled: table !== null,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) =>
      (
        await client.POST("/api/v1/preview", {
          body: { schema_text: text, table: table ?? "", limit: rows },
          signal,
        })
      ).data ?? null,
  });
  if (!preview.data) return <div className="h-57 rounded-lg border border-line" />;
  return (
    <section
      aria-label={t("datasets.first.rows", { table: preview.data.table })}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard
      tabIndex={0}
      className="scroll-thin rounded-lg border border-line [mask-image:linear-gradient(#000_45%,transparent_105%)]"
    >
      <table className="w-full border-separate border-spacing-0 text-xs">
        <thead>
          <tr>
            {preview.data.columns.map((column) => (
              <th
                key={column.name}
                scope="col"
                className="h-7 border-b border-line bg-sunken px-2 text-left font-medium whitespace-nowrap not-last:border-r"
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
          {preview.data.rows.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
            <tr key={at}>
              {preview.data?.columns.map((column) => (
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
    </section>
  );
}
