import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Bars } from "@/ui/bars";
import { Sentence } from "@/ui/words";
import { useTemplates } from "./queries";
import { tablesOf } from "./schema-text";

/** The ready examples; a press chooses one. */
export function TemplateCards({
  onChoose,
  chosen,
}: {
  onChoose: (template: Schemas["TemplateInfo"]) => void;
  chosen?: string;
}) {
  const templates = useTemplates();
  return (
    <ul className="grid grid-cols-[repeat(auto-fill,minmax(15rem,1fr))] gap-3">
      {templates.data?.items.map((template) => (
        <li key={template.name} className="flex">
          <button
            type="button"
            aria-pressed={chosen === undefined ? undefined : chosen === template.name}
            onClick={() => onChoose(template)}
            className="flex w-full flex-col rounded-lg border border-line bg-surface p-4 text-left hover:border-line-strong hover:bg-hover aria-pressed:border-accent-solid aria-pressed:bg-accent-tint"
          >
            <span className="font-semibold">{template.name}</span>
            <Sentence
              className="text-xs text-ink-2 inline-block first-letter:uppercase"
              text={template.summary}
            />
            <TablesLine text={template.text} />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** How many tables a schema has, and how wide each is. */
function TablesLine({ text }: { text: string }) {
  const { t } = useTranslation();
  const tables = tablesOf(text);
  return (
    <span className="mt-auto flex w-full items-end justify-between pt-1 text-xs text-ink-3">
      {t("datasets.tables", { count: tables.length })}
      <Bars
        values={tables.map((table) => table.columns?.length ?? 0)}
        width={Math.min(tables.length, 12) * 9}
        height={18}
        gap={3}
        label=""
      />
    </span>
  );
}
