import { Link, useNavigate } from "@tanstack/react-router";
import { Sparkle, Upload } from "lucide-react";
import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "@/api/problem";
import { Button, buttonClass } from "@/ui/button";
import { Segment } from "@/ui/choice";
import { Dialog } from "@/ui/dialog";
import { useFailureWords } from "@/ui/failure";
import { Note } from "@/ui/feedback";
import { Field } from "@/ui/field";
import { Input, NumberInput, Textarea } from "@/ui/input";
import { ProblemList } from "@/ui/problems";
import { useCreateDataset, useTemplates } from "./queries";
import { columnNames, emptySchema, mediaTypeOf } from "./schema-text";
import { TemplateCards } from "./template-cards";
import { TemplateSample } from "./template-sample";

export interface Start {
  way: "template" | "text" | "empty";
  template?: string;
}

const WAYS = ["template", "text", "empty"] as const;

/** A new dataset: from a ready example, from a schema somebody has, or from names of columns. */
export function NewDatasetDialog({ start, onClose }: { start: Start; onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const templates = useTemplates();
  const create = useCreateDataset();
  const [way, setWay] = useState(start.way);
  const [template, setTemplate] = useState(start.template);
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const [table, setTable] = useState("");
  const [rows, setRows] = useState<number | null>(100);
  const [columns, setColumns] = useState("");
  const chosen =
    templates.data?.items.find((each) => each.name === template) ?? templates.data?.items[0];
  const names = columnNames(columns);

  const missing =
    way === "template"
      ? chosen === undefined
      : way === "text"
        ? text.trim() === ""
        : names.length === 0 || table.trim() === "" || name.trim() === "";

  function submit() {
    if (missing) return;
    const schema_text =
      way === "template"
        ? (chosen?.text ?? "")
        : way === "text"
          ? text
          : emptySchema({
              name: name.trim(),
              table: table.trim(),
              rows: rows ?? 100,
              columns: names,
            });
    create.mutate(
      {
        schema_text,
        media_type: mediaTypeOf(schema_text),
        ...(way !== "empty" && name.trim() ? { name: name.trim() } : {}),
      },
      {
        onSuccess: (dataset) =>
          void navigate({ to: "/datasets/$datasetId/schema", params: { datasetId: dataset.id } }),
      },
    );
  }

  const failureWords = useFailureWords();
  const failure = create.error && asProblem(create.error);
  return (
    <Dialog
      open
      onOpenChange={onClose}
      width="lg"
      title={t("datasets.new.title")}
      footer={
        <>
          <Button size="md" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <Button
            size="md"
            variant="primary"
            busy={create.isPending}
            reason={missing ? t(`datasets.new.missing.${way}`) : undefined}
            onClick={submit}
          >
            {way === "template" && chosen
              ? t("datasets.new.createFrom", { name: chosen.name })
              : t("datasets.new.create")}
          </Button>
        </>
      }
    >
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div className="flex flex-wrap items-center gap-2">
          <Segment
            label={t("datasets.new.way")}
            value={way}
            onChange={(next) => {
              setWay(next);
              create.reset();
            }}
            options={WAYS.map((each) => ({
              value: each,
              label: t(`datasets.first.${each}.title`),
            }))}
          />
          <Link to="/datasets/describe" className={buttonClass({ variant: "ghost" })}>
            <Sparkle aria-hidden className="size-4" strokeWidth={1.5} />
            {t("assistant.describe.open")}
          </Link>
        </div>
        {failure && (
          <Note tone="danger" role="alert">
            {failure.errors.length > 0 ? (
              <>
                <p className="font-medium text-ink">
                  {t("datasets.new.problems", { count: failure.errors.length })}
                </p>
                <ProblemList problems={failure.errors} />
              </>
            ) : (
              failureWords(failure)
            )}
          </Note>
        )}
        {way === "template" && (
          <>
            <TemplateCards chosen={chosen?.name} onChoose={(next) => setTemplate(next.name)} />
            {chosen && <TemplateSample key={chosen.name} text={chosen.text} rows={6} />}
          </>
        )}
        {way === "text" && <SchemaText value={text} onChange={setText} />}
        <Field label={t("datasets.new.name")} hint={t(`datasets.new.nameHint.${way}`)}>
          {(ids) => (
            <Input
              {...ids}
              value={name}
              placeholder={way === "template" ? chosen?.name : undefined}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          )}
        </Field>
        {way === "empty" && (
          <>
            <div className="grid grid-cols-[1fr_9rem] gap-3">
              <Field label={t("datasets.new.table")}>
                {(ids) => (
                  <Input
                    {...ids}
                    value={table}
                    onChange={(event) => setTable(event.currentTarget.value)}
                  />
                )}
              </Field>
              <Field label={t("datasets.columns.rows")}>
                {(ids) => <NumberInput {...ids} value={rows} onChange={setRows} min={0} whole />}
              </Field>
            </div>
            <Field
              label={t("datasets.new.columns")}
              hint={
                names.length > 0
                  ? t("datasets.new.columnsRead", { count: names.length })
                  : t("datasets.new.columnsHint")
              }
            >
              {(ids) => (
                <Textarea
                  {...ids}
                  rows={6}
                  mono
                  spellCheck={false}
                  value={columns}
                  onChange={(event) => setColumns(event.currentTarget.value)}
                />
              )}
            </Field>
          </>
        )}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

function SchemaText({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const { t } = useTranslation();
  const file = useRef<HTMLInputElement>(null);
  const id = useId();
  const [over, setOver] = useState(false);
  const read = (list: FileList | null) => {
    const first = list?.[0];
    if (first) void first.text().then(onChange);
  };
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-end justify-between">
        <label htmlFor={id} className="text-xs font-medium text-ink-2">
          {t("datasets.new.text")}
        </label>
        <Button size="xs" icon={Upload} onClick={() => file.current?.click()}>
          {t("datasets.new.file")}
        </Button>
        <input
          ref={file}
          type="file"
          hidden
          accept=".yaml,.yml,.json"
          onChange={(event) => read(event.currentTarget.files)}
        />
      </div>
      <Textarea
        id={id}
        mono
        rows={14}
        spellCheck={false}
        value={value}
        placeholder={t("datasets.new.textHint")}
        onChange={(event) => onChange(event.currentTarget.value)}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          read(event.dataTransfer.files);
        }}
        className={over ? "bg-accent-tint" : undefined}
      />
    </div>
  );
}
