import clsx from "clsx";
import { CircleAlert, CircleCheck, Plus, Sigma, Sparkle, Trash2, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { stringify } from "yaml";
import { FormProvider } from "@/forms/context";
import { type Field, fieldsOf, initial } from "@/forms/schema";
import { SchemaForm } from "@/forms/schema-form";
import { useWords } from "@/i18n/words";
import { Button, IconButton } from "@/ui/button";
import { Segment } from "@/ui/choice";
import { Empty } from "@/ui/feedback";
import { useHotkey } from "@/ui/hooks";
import { Badge } from "@/ui/mark";
import { Popover } from "@/ui/menu";
import { toast } from "@/ui/toast";
import { Sentence } from "@/ui/words";
import { addRule, removeFrom } from "./actions";
import { useEdit, useModeller } from "./context";
import { useFormContext } from "./form-context";
import { FromWords } from "./from-words";
import { HeldBadge } from "./held-badge";
import { type RuleView, type TableView, within } from "./model";
import { NameField } from "./name-field";
import { ProblemNote } from "./problem-fix";
import { RuleSentence } from "./rule-sentence";
import { TextEditor } from "./text-editor";

/** The rules of the open table: a list of sentences, one open at a time. */
export function RuleList() {
  const { table } = useModeller();
  return table ? <List table={table} /> : null;
}

function List({ table }: { table: TableView }) {
  const { t } = useTranslation();
  const { view, go, readOnly, catalogue, draft } = useModeller();
  const { change } = useEdit();
  const [adding, setAdding] = useState(false);
  const [inWords, setInWords] = useState(false);
  useHotkey("r", () => setAdding(true), !readOnly);

  const add = (kind: string) => {
    setAdding(false);
    const variant = catalogue.rules.find((entry) => entry.name === kind);
    const fields = variant ? fieldsOf(variant.schema, catalogue.language) : [];
    const rest = Object.fromEntries(
      fields.filter((field) => field.required).map((field) => [field.name, initial(field.shape)]),
    );
    let id = "";
    change(
      (text) => {
        const added = addRule(text, draft.schema, table, kind, rest);
        id = added.id;
        return added.text;
      },
      { key: "modeller.step.add", values: { name: kind } },
      `${table.pointer}/rules/${table.rules.length}`,
    );
    go({ rule: id });
  };

  const button = (
    <Popover
      open={adding}
      onOpenChange={setAdding}
      align="end"
      label={t("modeller.rulesPart.add")}
      className="w-96 max-w-[calc(100vw-1.5rem)] p-1"
      trigger={
        <Button icon={Plus} keys="R">
          {t("modeller.rulesPart.add")}
        </Button>
      }
    >
      <div
        role="menu"
        aria-label={t("modeller.rulesPart.add")}
        className="max-h-[60dvh] overflow-y-auto"
        onKeyDown={moveFocus}
      >
        {catalogue.rules.map((rule) => (
          <button
            key={rule.name}
            type="button"
            role="menuitem"
            className="flex w-full items-baseline gap-3 rounded-sm px-2 py-1.5 text-left hover:bg-accent-tint -outline-offset-2 focus-visible:bg-accent-tint max-sm:min-h-11"
            onClick={() => add(rule.name)}
          >
            <span className="w-24 shrink-0 font-medium">{rule.name}</span>
            <RuleKindWords kind={rule.name} fallback={rule.description} />
          </button>
        ))}
      </div>
    </Popover>
  );
  const wordsButton = (
    <Button icon={Sparkle} aria-expanded={inWords} onClick={() => setInWords(!inWords)}>
      {t("assistant.inWords")}
    </Button>
  );
  return (
    <div className="min-h-24 flex-[1_1_auto] overflow-y-auto px-6 py-5 max-sm:px-4">
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <p className="min-w-48 grow basis-0 text-ink-2">{t("modeller.rulesPart.words")}</p>
        {!readOnly && table.rules.length > 0 && (
          <>
            {wordsButton}
            {button}
          </>
        )}
      </div>
      {inWords && !readOnly && (
        <div className="mb-4">
          <FromWords kind="rule" table={table} onClose={() => setInWords(false)} />
        </div>
      )}
      {table.rules.length === 0 && (
        <Empty
          icon={Sigma}
          title={t("modeller.rulesPart.none", { name: table.name })}
          actions={
            !readOnly && (
              <>
                {button}
                {wordsButton}
              </>
            )
          }
        >
          {t("modeller.rulesPart.noneWords")}
        </Empty>
      )}
      <ul className="flex flex-col gap-3">
        {table.rules.map((rule) => (
          <li key={rule.index}>
            {rule.id === view.rule ? (
              <OpenRule table={table} rule={rule} />
            ) : (
              <ClosedRule rule={rule} />
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The arrows move through the kinds, as they do in any menu. */
function moveFocus(event: React.KeyboardEvent<HTMLElement>) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=menuitem]")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  items[(at + step + items.length) % items.length]?.focus();
}

/** What a kind of rule says, in the language of the interface where the locale knows it. */
function RuleKindWords({ kind, fallback }: { kind: string; fallback: string }) {
  const { t, i18n } = useTranslation();
  const words = useWords();
  return (
    <span className="text-xs text-ink-3">
      {i18n.exists(`modeller.ruleKind.${kind}`)
        ? t(`modeller.ruleKind.${kind}`)
        : words(fallback).replace(/\.$/, "")}
    </span>
  );
}

function ClosedRule({ rule }: { rule: RuleView }) {
  const { go, problems } = useModeller();
  const wrong = within(problems, rule.pointer)[0]?.problem;
  return (
    <button
      type="button"
      aria-expanded={false}
      className="flex min-h-12 w-full flex-wrap items-center gap-x-3 gap-y-1 rounded-lg border border-line px-4 py-2 text-left hover:bg-hover"
      onClick={() => go({ rule: rule.id })}
    >
      {wrong ? (
        <CircleAlert aria-hidden className="size-4 shrink-0 text-danger" strokeWidth={1.5} />
      ) : (
        <Sigma aria-hidden className="size-4 shrink-0 text-ink-3" strokeWidth={1.5} />
      )}
      <span className="min-w-40 grow basis-0">
        <RuleSentence rule={rule} />
        {wrong && <Sentence className="block text-xs text-danger" text={wrong.detail} />}
      </span>
      <code className="mono text-xs text-ink-3">{rule.id}</code>
      <Badge>{rule.kind}</Badge>
      <HeldBadge rule={rule} />
    </button>
  );
}

function OpenRule({ table, rule }: { table: TableView; rule: RuleView }) {
  const { t } = useTranslation();
  const { go, readOnly, catalogue, problems, plan, store, draft } = useModeller();
  const { change, set } = useEdit();
  const [mode, setMode] = useState<"form" | "yaml">("form");
  const [inWords, setInWords] = useState(false);
  const path = ["tables", table.index, "rules", rule.index];
  const form = useFormContext(path);
  const variant = catalogue.rules.find((entry) => entry.name === rule.kind);
  const { language } = catalogue;
  const own: Field[] = variant ? fieldsOf(variant.schema, language) : [];
  const common = fieldsOf(language.$defs?.Rule ?? {}, language).filter(
    (field) => field.name !== "id" && !own.some((other) => other.name === field.name),
  );
  const wrong = within(problems, rule.pointer);
  const held = plan.report?.rules.find((entry) => entry.id === rule.id);
  const remove = () => {
    change(
      (text) => removeFrom(text, ["tables", table.index, "rules"], rule.index),
      { key: "modeller.step.delete", values: { name: rule.id } },
      `${table.pointer}/rules`,
    );
    go({ rule: undefined });
    toast(t("modeller.deleted", { name: rule.id }), {
      label: t("ui.undo"),
      onClick: store.undoing(),
    });
  };
  return (
    <section aria-label={rule.id} className="overflow-hidden rounded-lg border border-accent-line">
      <header className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <Sigma aria-hidden className="size-4 text-accent" strokeWidth={1.5} />
        <div className="w-56">
          <NameField
            key={rule.id}
            value={rule.id}
            label={t("modeller.rulesPart.id")}
            focus={false}
            onCommit={(id) => {
              if (id === "" || id === rule.id) return;
              set([...path, "id"], id, { group: `${rule.pointer}/id rename` });
              go({ rule: id });
            }}
          />
        </div>
        <Badge>{rule.kind}</Badge>
        <span className="ml-auto flex items-center gap-1">
          <Segment
            label={t("modeller.panes")}
            value={mode}
            onChange={setMode}
            options={[
              { value: "form", label: t("modeller.rulesPart.form") },
              { value: "yaml", label: "YAML" },
            ]}
          />
          {!readOnly && <IconButton icon={Trash2} label={t("ui.delete")} onClick={remove} />}
          <IconButton icon={X} label={t("ui.close")} onClick={() => go({ rule: undefined })} />
        </span>
      </header>
      <div className="grid grid-cols-[minmax(0,1fr)_16.5rem] max-lg:grid-cols-1">
        <div className="flex flex-col gap-4 p-4">
          {!readOnly &&
            (inWords ? (
              <FromWords
                kind="rule"
                table={table}
                name={rule.id}
                onClose={() => setInWords(false)}
              />
            ) : (
              <Button icon={Sparkle} className="self-start" onClick={() => setInWords(true)}>
                {t("assistant.words.rule")}
              </Button>
            ))}
          {mode === "form" ? (
            <FormProvider value={form}>
              <SchemaForm fields={[...own, ...common]} path={[]} value={rule.raw} />
            </FormProvider>
          ) : (
            <TextEditor path={path} value={rule.raw} label={rule.id} />
          )}
        </div>
        <aside className="flex flex-col gap-3 border-l border-line bg-sunken p-4 text-xs max-lg:border-t max-lg:border-l-0">
          <div>
            <h3 className="mb-1 text-xs font-normal text-ink-2">
              {t("modeller.rulesPart.readsAs")}
            </h3>
            {mode === "form" ? (
              <pre className="overflow-x-auto rounded-md bg-surface p-2 text-2xs whitespace-pre-wrap text-ink-2">
                {stringify(rule.raw, { lineWidth: 0 }).trimEnd()}
              </pre>
            ) : (
              <p className="text-ink">
                <RuleSentence rule={rule} />
              </p>
            )}
          </div>
          <div className={clsx(!held && "hidden")}>
            <h3 className="mb-1 text-xs font-normal text-ink-2">{t("modeller.rulesPart.held")}</h3>
            <HeldBadge rule={rule} />
            {held?.note && <Sentence className="mt-1 block text-ink-3" text={held.note} />}
          </div>
          {wrong.length === 0 && held && draft.reading.value && (
            <p className="flex gap-1.5 text-ink-2">
              <CircleCheck
                aria-hidden
                className="mt-0.5 size-3.5 shrink-0 text-success-solid"
                strokeWidth={1.75}
              />
              {t("modeller.rulesPart.fine")}
            </p>
          )}
          {wrong.map(({ problem }) => (
            <ProblemNote key={problem.pointer + problem.detail} problem={problem} />
          ))}
        </aside>
      </div>
    </section>
  );
}
