import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
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
  const { t } = useTranslation();
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
            <span className="mt-auto pt-1 text-xs text-ink-3">
              {t("datasets.tables", { count: tablesOf(template.text).length })}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
