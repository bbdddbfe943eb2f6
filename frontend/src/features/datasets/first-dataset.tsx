import { Link } from "@tanstack/react-router";
import { FileText, LayoutGrid, type LucideIcon, Sparkle, Table2 } from "lucide-react";
import { Trans, useTranslation } from "react-i18next";
import { useWords } from "@/i18n/words";
import { Button } from "@/ui/button";
import { useHotkey } from "@/ui/hooks";
import { Key } from "@/ui/mark";
import type { Start } from "./new-dataset-dialog";
import { useTemplates } from "./queries";
import { tablesOf } from "./schema-text";
import { TemplateSample } from "./template-sample";

/** Before there is a dataset: the ways to the first one, and rows of a ready example. */
export function FirstDataset({ onStart }: { onStart?: (start: Start) => void }) {
  const { t } = useTranslation();
  const words = useWords();
  const templates = useTemplates();
  // The richest example shows most of what there is to see.
  const richest = templates.data?.items.reduce((best, each) =>
    tablesOf(each.text).length > tablesOf(best.text).length ? each : best,
  );
  const ways: { way: Start["way"]; icon: LucideIcon; key: string }[] = [
    { way: "template", icon: LayoutGrid, key: t("datasets.first.template.key") },
    { way: "text", icon: FileText, key: t("datasets.first.text.key") },
    { way: "empty", icon: Table2, key: t("datasets.first.empty.key") },
  ];
  useHotkey(t("datasets.first.template.key"), () => onStart?.({ way: "template" }));
  useHotkey(t("datasets.first.text.key"), () => onStart?.({ way: "text" }));
  useHotkey(t("datasets.first.empty.key"), () => onStart?.({ way: "empty" }));
  return (
    <div className="mx-auto flex w-full max-w-210 flex-col gap-6 pt-[8vh] max-sm:pt-2">
      <div>
        <h1 className="text-2xl">{t("datasets.first.title")}</h1>
        <p className="mt-1 max-w-132 text-md text-ink-2">{t("datasets.first.words")}</p>
      </div>
      {onStart && (
        <ul className="grid grid-cols-3 gap-3 max-md:grid-cols-1">
          {ways.map(({ way, icon: Icon, key }) => (
            <li key={way} className="flex">
              <button
                type="button"
                onClick={() => onStart({ way })}
                className="w-full rounded-lg border border-line bg-surface p-4.5 text-left hover:border-line-strong hover:bg-hover"
              >
                <Icon aria-hidden className="mb-3 size-4 text-accent" strokeWidth={1.5} />
                <span className="flex items-center justify-between font-semibold">
                  {t(`datasets.first.${way}.title`)}
                  <span aria-hidden className="max-sm:hidden">
                    <Key>{key.toUpperCase()}</Key>
                  </span>
                </span>
                <span className="mt-1 block text-xs text-ink-2">
                  {t(`datasets.first.${way}.words`, { count: templates.data?.total ?? 0 })}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {onStart && (
        <Link
          to="/datasets/describe"
          className="flex items-center gap-3 rounded-lg border border-line bg-surface px-4.5 py-3 text-ink hover:border-line-strong hover:bg-hover"
        >
          <Sparkle aria-hidden className="size-4 shrink-0 text-accent" strokeWidth={1.5} />
          <span>
            <span className="font-semibold">{t("assistant.describe.open")}</span>
            <span className="block text-xs text-ink-2">{t("assistant.describe.words")}</span>
          </span>
        </Link>
      )}
      {richest && (
        <div>
          <div className="mb-2 flex items-center gap-3 text-xs text-ink-2">
            <span className="grow">
              <Trans
                i18nKey="datasets.first.sample"
                values={{ name: richest.name, summary: words(richest.summary) }}
                components={{ b: <b className="font-semibold text-ink" /> }}
              />
            </span>
            {onStart && (
              <Button
                size="xs"
                onClick={() => onStart({ way: "template", template: richest.name })}
              >
                {t("datasets.first.use", { name: richest.name })}
              </Button>
            )}
          </div>
          <TemplateSample text={richest.text} />
        </div>
      )}
    </div>
  );
}
