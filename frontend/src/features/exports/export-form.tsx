import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { asProblem } from "@/api/problem";
import { useFormat } from "@/i18n/format";
import { Button } from "@/ui/button";
import { Checkbox, Segment } from "@/ui/choice";
import { useFailureWords } from "@/ui/failure";
import { Note } from "@/ui/feedback";
import { ProblemList } from "@/ui/problems";
import { toast } from "@/ui/toast";
import { OptionControl } from "./option-control";
import { chosenOptions, optionFields } from "./options";
import { type Format, useCreateExport } from "./queries";

const NONE = "none";

/** What to write, how, and which tables. */
export function ExportForm({
  generation,
  formats,
  format,
  onFormat,
}: {
  generation: Schemas["Generation"];
  formats: Format[];
  format: Format;
  onFormat: (name: string) => void;
}) {
  const { t } = useTranslation();
  const numbers = useFormat();
  const create = useCreateExport(generation.id);
  const fields = useMemo(() => optionFields(format.options), [format]);
  const [values, setValues] = useState<Record<string, unknown>>({});
  const [compression, setCompression] = useState(NONE);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const tables = generation.tables.filter((table) => !left.has(table.name));
  const all = tables.length === generation.tables.length;

  function submit() {
    const options = chosenOptions(fields, values);
    create.mutate(
      {
        format: format.name as Schemas["NewExport"]["format"],
        ...(all ? {} : { tables: tables.map((table) => table.name) }),
        ...(Object.keys(options).length > 0 ? { options } : {}),
        ...(format.compressions.includes(compression)
          ? { compression: compression as Schemas["NewExport"]["compression"] }
          : {}),
      },
      { onSuccess: () => toast(t("exports.started")) },
    );
  }

  const failureWords = useFailureWords();
  const failure = create.error ? asProblem(create.error) : null;
  return (
    <form
      noValidate
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        if (tables.length > 0) submit();
      }}
    >
      <section>
        <h3 className="mb-2 text-xs font-medium text-ink-2">{t("exports.formatHead")}</h3>
        <div
          role="radiogroup"
          aria-label={t("exports.formatHead")}
          className="grid grid-cols-2 gap-2"
        >
          {formats.map((each) => (
            <button
              key={each.name}
              type="button"
              role="radio"
              aria-checked={each.name === format.name}
              onClick={() => {
                onFormat(each.name);
                setValues({});
                create.reset();
              }}
              className="rounded-md border border-line-strong bg-surface px-2.5 py-2 text-left hover:bg-hover aria-checked:border-accent-solid aria-checked:bg-accent-tint"
            >
              <span className="block font-medium">
                {t(`exports.format.${each.name}`, { defaultValue: each.name })}
              </span>
              <span className="block text-xs text-ink-2">
                {each.holds_all_tables ? t("exports.allTables") : t("exports.fileATable")}
              </span>
            </button>
          ))}
        </div>
      </section>
      {(fields.length > 0 || format.compressions.length > 0) && (
        <section className="flex flex-col gap-3 border-t border-line pt-4">
          {fields.map((field) => (
            <OptionControl
              key={`${format.name} ${field.name}`}
              field={field}
              value={values[field.name] ?? field.initial}
              onChange={(value) => setValues((before) => ({ ...before, [field.name]: value }))}
            />
          ))}
          {format.compressions.length > 0 && (
            <div className="flex flex-wrap items-center justify-between gap-2">
              <span className="text-xs font-medium text-ink-2">
                {t("exports.compression.label")}
              </span>
              <Segment
                label={t("exports.compression.label")}
                value={format.compressions.includes(compression) ? compression : NONE}
                onChange={setCompression}
                options={[NONE, ...format.compressions].map((value) => ({
                  value,
                  label: value === NONE ? t("exports.compression.none") : value,
                }))}
              />
            </div>
          )}
        </section>
      )}
      <fieldset className="border-t border-line pt-4">
        <legend className="contents">
          <span className="mb-1 block text-xs font-medium text-ink-2">{t("exports.tables")}</span>
        </legend>
        {generation.tables.map((table) => (
          <div key={table.name} className="flex items-center justify-between gap-3">
            <Checkbox
              checked={!left.has(table.name)}
              onChange={(taken) =>
                setLeft((before) => {
                  const next = new Set(before);
                  if (taken) next.delete(table.name);
                  else next.add(table.name);
                  return next;
                })
              }
            >
              {table.name}
            </Checkbox>
            <span className="text-xs text-ink-3 tabular-nums">
              {numbers.number(table.rows_total)}
            </span>
          </div>
        ))}
      </fieldset>
      {failure && (
        <Note tone="danger" role="alert">
          {failure.errors.length > 0 ? (
            <ProblemList problems={failure.errors} />
          ) : (
            failureWords(failure)
          )}
        </Note>
      )}
      <Button
        type="submit"
        variant="primary"
        size="md"
        busy={create.isPending}
        reason={tables.length === 0 ? t("exports.noTable") : undefined}
        className="w-full"
      >
        {t("exports.submit", { count: tables.length })}
      </Button>
    </form>
  );
}
