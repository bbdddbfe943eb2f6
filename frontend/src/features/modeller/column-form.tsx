import { ChevronRight, Sigma, Sparkle } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FormProvider } from "@/forms/context";
import { AreaField, NumberField } from "@/forms/inputs";
import { type Field, fieldsOf } from "@/forms/schema";
import { SchemaForm } from "@/forms/schema-form";
import { SqlField } from "@/forms/sql-field";
import { useFormat } from "@/i18n/format";
import { Button } from "@/ui/button";
import { Switch } from "@/ui/choice";
import { Note } from "@/ui/feedback";
import { Field as FieldFrame } from "@/ui/field";
import { Badge } from "@/ui/mark";
import { TypeGlyph } from "@/ui/type-glyph";
import { columnPath } from "./actions";
import { useColumnEdits } from "./column-edits";
import { useColumnFacts } from "./column-facts";
import { problemAt, useEdit, useModeller } from "./context";
import { Distribution } from "./distribution";
import { namesInReach, useFormContext } from "./form-context";
import { FromWords } from "./from-words";
import { GeneratorButton } from "./generator-field";
import { startOf } from "./generator-picker";
import { HeldBadge } from "./held-badge";
import { type ColumnView, reportOf, type TableView } from "./model";
import { isRecord, parsePointer } from "./pointer";
import { ProblemLine, ProblemNote } from "./problem-fix";
import { RoleSlider } from "./role-slider";
import { RuleSentence } from "./rule-sentence";
import { brief } from "./summary";

/** Keys of a column that have a place of their own in the form; the others stand under "more". */
const PLACED = ["name", "generator", "null_rate", "null_when", "unique", "description"];

export function ColumnForm({ column }: { column: ColumnView }) {
  const { table } = useModeller();
  return table ? <Form table={table} column={column} /> : null;
}

function Form({ table, column }: { table: TableView; column: ColumnView }) {
  const { t } = useTranslation();
  const { catalogue, plan, shapes, problems, readOnly, draft, preview } = useModeller();
  const { set } = useEdit();
  const edits = useColumnEdits(table);
  const facts = useColumnFacts(table)(column);
  const generator = isRecord(column.raw.generator) ? column.raw.generator : undefined;
  const known = catalogue.find(column.generator);
  const report = reportOf(plan.report, table.name, column.name);
  const base = columnPath(table.index, column.index);
  const shape = shapes.get(column.name);
  const roles = known?.roles ?? {};
  const form = useFormContext([...base, "generator"], {
    beside: (path) => {
      const [parameter] = path;
      const role = path.length === 1 && parameter !== undefined ? roles[parameter] : undefined;
      const value = generator?.[String(parameter)];
      if (!role || !shape || shape.from === null || (value != null && typeof value !== "number"))
        return null;
      return (
        <RoleSlider
          parameter={String(parameter)}
          role={role}
          value={value}
          shape={shape}
          path={[...base, "generator"]}
        />
      );
    },
  });
  const more = useFormContext(base);
  const [open, setOpen] = useState(false);
  const [inWords, setInWords] = useState(false);
  const rest = columnFields(catalogue.language).filter((field) => !PLACED.includes(field.name));
  const written = rest.filter((field) => field.name in column.raw).length;
  const unknown =
    problemAt(problems, `${column.pointer}/generator/type`) ??
    problemAt(problems, `${column.pointer}/generator`);
  const fieldNames = columnFields(catalogue.language).map((field) => field.name);
  // What is said of a key that has no field in this form stands over it.
  const homeless = facts.problems
    .map((entry) => entry.problem)
    .filter((problem) => {
      const [key, inner] = parsePointer(problem.pointer.slice(column.pointer.length));
      if (key === undefined || key === "name" || key === "unique") return true;
      if (key === "generator" && inner !== undefined && inner !== "type")
        return known?.fields.every((field) => field.name !== inner) ?? false;
      return !fieldNames.includes(String(key));
    });
  const rules = table.rules.filter((rule) => report?.rules.includes(rule.id));

  return (
    <div className="flex flex-col gap-3 px-4 py-3.5">
      <div className="flex items-center gap-2">
        <TypeGlyph type={facts.type || "string"} named={false} className="size-4" />
        {/* The sheet of a narrow window has the name as its title. */}
        <h3 className="min-w-0 truncate max-lg:hidden">{column.name}</h3>
        {facts.type !== "" && <Badge className="lg:ml-auto">{report?.type ?? facts.type}</Badge>}
      </div>
      {draft.reading.value === undefined && <Note tone="warning">{t("modeller.formsClosed")}</Note>}
      {homeless.map((problem) => (
        <ProblemNote key={`${problem.pointer} ${problem.code}`} problem={problem} />
      ))}
      <GeneratorButton
        name={column.name}
        value={generator}
        planned={
          facts.source === "auto"
            ? facts.generator
            : facts.source === "generator"
              ? undefined
              : facts.generator
        }
        type={facts.type}
        onTake={(next) => edits.setGenerator(column, next)}
      />
      {unknown && <ProblemLine problem={unknown} />}
      {facts.chosen && (
        <p className="flex items-center gap-2 text-xs text-ink-3">
          <span className="grow">{t("modeller.auto", { reason: facts.chosen })}</span>
          {!readOnly && (
            <Button
              size="xs"
              onClick={() => {
                const chosen = catalogue.find(facts.generator);
                if (chosen) edits.setGenerator(column, startOf(chosen));
              }}
            >
              {t("modeller.keepIt")}
            </Button>
          )}
        </p>
      )}
      {shape && shape.bars.length > 0 && (
        <Distribution
          name={column.name}
          shape={shape}
          stale={preview.stale}
          roles={roles}
          generator={generator}
          path={[...base, "generator"]}
        />
      )}
      {known && known.fields.length > 0 && (
        <div data-parameters>
          <FormProvider value={form}>
            <SchemaForm fields={known.fields} path={[]} value={generator} />
          </FormProvider>
        </div>
      )}
      <Sample name={column.name} />
      <hr className="border-line" />
      <Nulls column={column} edits={edits} />
      <div className="flex items-center text-xs">
        <span id="column-unique" className="grow text-ink-2">
          {t("modeller.uniqueWords")}
        </span>
        <Switch
          aria-label={t("modeller.uniqueWords")}
          checked={column.raw.unique === true}
          disabled={readOnly}
          onChange={() => edits.toggleUnique(column)}
        />
      </div>
      <div className="flex items-center text-xs">
        <span className="grow text-ink-2">{t("modeller.primaryKey")}</span>
        <Switch
          aria-label={t("modeller.primaryKey")}
          checked={facts.isKey}
          disabled={readOnly}
          onChange={() => edits.toggleKey(column)}
        />
      </div>
      {rules.length > 0 && (
        <>
          <hr className="border-line" />
          <div className="flex flex-col gap-1.5">
            <h3 className="text-xs font-medium text-ink-2">{t("modeller.heldByRules")}</h3>
            {rules.map((rule) => (
              <div key={rule.id} className="flex items-start gap-2 text-xs">
                <Sigma
                  aria-hidden
                  className="mt-0.5 size-3.5 shrink-0 text-ink-3"
                  strokeWidth={1.5}
                />
                <span className="min-w-0 grow">
                  <span className="font-medium">{rule.id}</span>
                  <span className="block text-ink-3">
                    <RuleSentence rule={rule} />
                  </span>
                </span>
                <HeldBadge rule={rule} />
              </div>
            ))}
          </div>
        </>
      )}
      <hr className="border-line" />
      <FieldFrame label={t("modeller.description")}>
        {(ids) => (
          <AreaField
            {...ids}
            rows={2}
            readOnly={readOnly}
            value={column.raw.description}
            onChange={(value) => set([...base, "description"], value)}
          />
        )}
      </FieldFrame>
      {!readOnly &&
        (inWords ? (
          <FromWords
            kind="column"
            table={table}
            name={column.name}
            start={typeof column.raw.description === "string" ? column.raw.description : ""}
            onClose={() => setInWords(false)}
          />
        ) : (
          <Button icon={Sparkle} className="self-start" onClick={() => setInWords(true)}>
            {t("assistant.words.column")}
          </Button>
        ))}
      <button
        type="button"
        data-more
        aria-expanded={open}
        className="flex h-7 items-center gap-1.5 self-start rounded-md pr-2 text-xs font-medium text-ink-2 hover:bg-hover"
        onClick={() => setOpen(!open)}
      >
        <ChevronRight
          aria-hidden
          className={open ? "size-3.5 rotate-90" : "size-3.5"}
          strokeWidth={1.5}
        />
        {t("modeller.moreOfColumn")}
        {written > 0 && <Badge>{written}</Badge>}
      </button>
      {open && (
        <FormProvider value={more}>
          <SchemaForm fields={rest} path={[]} value={column.raw} />
        </FormProvider>
      )}
    </div>
  );
}

let cache: { language: unknown; fields: Field[] } | null = null;

/** The fields of a column as the language defines them; read once. */
function columnFields(language: Parameters<typeof fieldsOf>[1]): Field[] {
  if (cache?.language !== language)
    cache = { language, fields: fieldsOf(language.$defs?.Column ?? {}, language) };
  return cache.fields;
}

/** Four values as they come, where the preview is not beside the form. */
function Sample({ name }: { name: string }) {
  const { t } = useTranslation();
  const { preview } = useModeller();
  const values = preview.data?.rows.slice(0, 4).map((row) => row[name]) ?? [];
  if (values.length === 0 || !values.some((value) => value !== undefined)) return null;
  return (
    <div className="flex flex-wrap items-center gap-2 text-xs sm:hidden">
      <span className="text-ink-3">{t("modeller.sample")}</span>
      {values.map((value, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a sample is the value of its row
        <span key={at} className="max-w-32 truncate rounded-sm bg-flash px-1.5 py-0.5 tabular-nums">
          {brief(value)}
        </span>
      ))}
    </div>
  );
}

/** The share of nulls, or the condition under which a value is one. */
function Nulls({
  column,
  edits,
}: {
  column: ColumnView;
  edits: ReturnType<typeof useColumnEdits>;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const { problems, readOnly, shapes, table, tables } = useModeller();
  const isSql = column.raw.null_when !== undefined && column.raw.null_when !== null;
  const [wantsSql, setWantsSql] = useState(false);
  const problem =
    problemAt(problems, `${column.pointer}/null_rate`) ??
    problemAt(problems, `${column.pointer}/null_when`);
  const shape = shapes.get(column.name);
  const measured =
    shape && shape.nulls > 0
      ? t("modeller.nullsMeasured", { share: format.percent(shape.nulls / shape.count, 1) })
      : undefined;
  const inSql = isSql || wantsSql;
  const rate = column.raw.null_rate;
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-center gap-2 text-xs">
        <label htmlFor="column-nulls" className="grow text-ink-2">
          {inSql ? t("modeller.nullWhen") : t("modeller.nullRate")}
        </label>
        {!readOnly && (
          <button
            type="button"
            aria-pressed={inSql}
            aria-label={t("forms.inSql", { name: t("modeller.nullRate") })}
            className="h-5 rounded-sm px-1 text-2xs font-medium text-ink-3 hover:bg-hover aria-pressed:bg-accent-tint aria-pressed:text-accent"
            onClick={() => {
              setWantsSql(!inSql);
              edits.setNulls(column, {});
            }}
          >
            SQL
          </button>
        )}
        {!inSql && (
          <div className="w-23">
            <PercentField
              value={rate}
              readOnly={readOnly}
              onChange={(value) =>
                edits.setNulls(column, value === undefined ? {} : { null_rate: value })
              }
            />
          </div>
        )}
      </div>
      {inSql && (
        <SqlField
          id="column-nulls"
          names={table ? namesInReach(table, tables) : []}
          readOnly={readOnly}
          placeholder={t("forms.sqlHint")}
          value={column.raw.null_when}
          onChange={(value) =>
            edits.setNulls(column, value === undefined ? {} : { null_when: value })
          }
        />
      )}
      {problem ? (
        <ProblemLine problem={problem} />
      ) : (
        measured && <p className="text-xs text-ink-3">{measured}</p>
      )}
    </div>
  );
}

function PercentField({
  value,
  readOnly,
  onChange,
}: {
  value: unknown;
  readOnly: boolean;
  onChange: (value: number | undefined) => void;
}) {
  const shown = typeof value === "number" ? Number((value * 100).toPrecision(12)) : value;
  return (
    <NumberField
      id="column-nulls"
      size="sm"
      whole={false}
      unit="%"
      placeholder="0"
      readOnly={readOnly}
      value={shown}
      onChange={(next) =>
        onChange(
          typeof next === "number" ? Number((next / 100).toPrecision(12)) : (next as undefined),
        )
      }
    />
  );
}
