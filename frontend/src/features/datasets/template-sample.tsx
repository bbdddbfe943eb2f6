import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { client } from "@/api/client";
import { SampleRows } from "@/ui/sample-rows";
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
      <SampleRows data={preview.data} className="w-full" />
    </section>
  );
}
