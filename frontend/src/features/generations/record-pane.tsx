import { useTranslation } from "react-i18next";
import { GenerationCost } from "@/features/llm/generation-cost";
import { useFormat } from "@/i18n/format";
import { CopyButton } from "@/ui/code";
import { Note } from "@/ui/feedback";
import { isUnderWay } from "@/ui/job-state";
import type { Generation } from "./queries";

/** What is enough to make the same rows again. */
export function RecordPane({ generation }: { generation: Generation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const parameters = Object.entries(generation.parameters ?? {});
  return (
    <aside
      aria-label={t("generations.record.title")}
      className="flex shrink-0 flex-col gap-5 border-line p-5 max-lg:border-t lg:w-70 lg:overflow-y-auto lg:border-l"
    >
      <section>
        <h2 className="mb-2 text-sm">{t("generations.record.title")}</h2>
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-xs [&_dd]:text-right [&_dd]:tabular-nums [&_dt]:text-ink-3">
          <dt>{t("generations.record.version")}</dt>
          <dd>{format.number(generation.version)}</dd>
          <dt>{t("generations.record.seed")}</dt>
          <dd>{generation.seed}</dd>
          {generation.scale != null && (
            <>
              <dt>{t("generations.record.scale")}</dt>
              <dd>{format.number(generation.scale)}×</dd>
            </>
          )}
          {parameters.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="mono">{name}</dt>
              <dd>{String(value)}</dd>
            </div>
          ))}
          <dt>{t("generations.record.today")}</dt>
          <dd>{generation.reference_time.slice(0, 10)}</dd>
          <dt>{t("generations.record.engine")}</dt>
          <dd>{generation.engine_version}</dd>
          <dt>{t("generations.record.started")}</dt>
          <dd>{format.dateTime(generation.started_at ?? generation.created_at)}</dd>
          {generation.created_by && (
            <>
              <dt>{t("generations.record.by")}</dt>
              <dd>{generation.created_by.name}</dd>
            </>
          )}
        </dl>
      </section>
      <GenerationCost id={generation.id} llm={generation.llm} />
      {generation.content_hash && (
        <section>
          <div className="mb-1 flex items-center justify-between">
            <h2 className="text-sm">{t("generations.record.hash")}</h2>
            <CopyButton small text={generation.content_hash} />
          </div>
          <p className="font-mono text-2xs break-all text-ink-2">{generation.content_hash}</p>
          <p className="mt-1 text-xs text-ink-3">{t("generations.record.hashWords")}</p>
        </section>
      )}
      {isUnderWay(generation.state) && <Note>{t("generations.mayClose")}</Note>}
    </aside>
  );
}
