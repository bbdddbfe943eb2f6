import { useNavigate } from "@tanstack/react-router";
import clsx from "clsx";
import {
  CircleAlert,
  CircleCheck,
  CloudOff,
  Redo2,
  Save,
  Sparkle,
  Table2,
  Undo2,
} from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import { Button, IconButton } from "@/ui/button";
import { Sheet } from "@/ui/dialog";
import { Empty } from "@/ui/feedback";
import { commandKey, isMac, useHotkey, useIsPhone, useMediaQuery } from "@/ui/hooks";
import { State } from "@/ui/mark";
import { BarActions } from "@/ui/page";
import { addTable } from "./actions";
import { AssistantView } from "./assistant-view";
import { ColumnGrid } from "./column-grid";
import { ColumnList } from "./column-list";
import { useEdit, useModeller } from "./context";
import { changesOf } from "./draft";
import { EntryForm } from "./entry-form";
import { GivenRows } from "./given-rows";
import type { Step } from "./history";
import { Inspector, InspectorBody, paneOf } from "./inspector";
import { KeyList } from "./key-list";
import { parsePointer } from "./pointer";
import { Preview } from "./preview";
import { RuleList } from "./rule-list";
import { TableHead } from "./table-head";
import { TableList } from "./table-list";
import { useGenerate } from "./use-generate";
import type { Saving } from "./use-save";

/** The regions of the modeller: tables left, the table's columns over their preview, the inspector right. */
export function Workbench({ saving, canWrite }: { saving: Saving; canWrite: boolean }) {
  const { t } = useTranslation();
  const { view, go, table } = useModeller();
  const phone = useIsPhone();
  const narrow = useMediaQuery("(max-width: 1199.98px)");
  const wide = useMediaQuery("(min-width: 1600px)");
  const [isLeftOpen, setLeftOpen] = useState(true);
  const [isInspectorOpen, setInspectorOpen] = useState(true);
  const toggleYaml = () => {
    setInspectorOpen(true);
    go({ pane: paneOf(view.pane) === "yaml" ? (narrow ? undefined : "column") : "yaml" });
  };
  useHotkey("mod+\\", toggleYaml);
  useHotkey("[", () => setLeftOpen((open) => !open));
  useHotkey("]", () => setInspectorOpen((open) => !open));
  // In a narrow window the inspector is opened on purpose, so that moving through the grid does not cover it.
  const isSheetOpen =
    narrow &&
    (view.pane !== undefined || (phone && view.column !== undefined && view.section === undefined));

  if (view.section === "assistant" && canWrite) {
    return (
      <div className="flex min-h-0 grow">
        <ModellerBar saving={saving} canWrite={canWrite} />
        <AssistantView />
      </div>
    );
  }
  return (
    <div className="flex min-h-0 grow">
      <ModellerBar saving={saving} canWrite={canWrite} />
      {!narrow && isLeftOpen && <TableList className="w-49 shrink-0 border-r border-line" />}
      <section
        aria-label={table?.name ?? t("modeller.title")}
        className="flex min-w-0 grow flex-col"
      >
        <TableHead phone={phone} />
        {phone && view.section === "yaml" ? <PhonePane pane="yaml" /> : <Section phone={phone} />}
        {(!phone || view.section === "preview") && !(view.section?.includes(":") ?? false) && (
          <Preview fill={phone} />
        )}
      </section>
      {!narrow && isInspectorOpen && wide && paneOf(view.pane) === "yaml" && (
        <Inspector only="column" />
      )}
      {!narrow && isInspectorOpen && <Inspector />}
      {isSheetOpen && (
        <Sheet
          open
          side={phone ? "bottom" : "right"}
          onOpenChange={(open) =>
            !open && go({ pane: undefined, ...(phone ? { column: undefined } : {}) })
          }
          title={view.column ?? table?.name ?? t("modeller.title")}
        >
          <InspectorBody {...(phone ? { only: paneOf(view.pane) } : {})} />
        </Sheet>
      )}
    </div>
  );
}

function PhonePane({ pane }: { pane: "yaml" }) {
  return (
    <div className="flex min-h-0 grow flex-col">
      <InspectorBody only={pane} />
    </div>
  );
}

function Section({ phone }: { phone: boolean }) {
  const { view, table } = useModeller();
  const section = view.section ?? "columns";
  if (!table && !section.includes(":")) return <NoTables />;
  if (section === "preview") return null;
  if (section === "rules") return <RuleList />;
  if (section === "keys") return <KeyList />;
  if (section === "given") return <GivenRows />;
  if (section.includes(":")) return <EntryForm section={section} />;
  return phone ? <ColumnList /> : <ColumnGrid />;
}

/** A schema without tables: what will be here, and the way in. */
function NoTables() {
  const { t } = useTranslation();
  const { draft, readOnly, go } = useModeller();
  const { change } = useEdit();
  const add = () => {
    let name = "";
    change(
      (text) => {
        const made = addTable(text, draft.schema, t("modeller.newTable"));
        name = made.name;
        return made.text;
      },
      { key: "modeller.step.addTable" },
      "/tables",
    );
    go({ table: name });
  };
  return (
    <div className="grow px-6">
      <Empty
        icon={Table2}
        title={t("modeller.noTables")}
        actions={!readOnly && <Button onClick={add}>{t("modeller.addTable")}</Button>}
      >
        {t("modeller.noTablesWords")}
      </Empty>
    </div>
  );
}

function AssistantButton({ open, onToggle }: { open: boolean; onToggle: (open: boolean) => void }) {
  const { t } = useTranslation();
  const phone = useIsPhone();
  const toggle = () => onToggle(!open);
  return phone ? (
    <IconButton icon={Sparkle} label={t("assistant.title")} aria-pressed={open} onClick={toggle} />
  ) : (
    <Button icon={Sparkle} aria-pressed={open} onClick={toggle}>
      {t("assistant.title")}
    </Button>
  );
}

/** The end of the dataset's bar: whether it plans, undo and redo, save, generate. */
function ModellerBar({ saving, canWrite }: { saving: Saving; canWrite: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const phone = useIsPhone();
  const { store, draft, plan, problems, go, tables, view } = useModeller();
  const errors = problems.filter((entry) => entry.problem.severity === "error").length;
  const changes = changesOf(draft);
  const follow = (step: Step | undefined) => {
    if (!step) return;
    const [, tableIndex, list, index] = parsePointer(step.pointer);
    const name = tables[Number(tableIndex)]?.name;
    if (name === undefined) return;
    const column =
      list === "columns" ? tables[Number(tableIndex)]?.columns[Number(index)]?.name : undefined;
    go({ table: name, ...(column === undefined ? {} : { column }) });
  };
  const undo = () => follow(store.undo());
  const redo = () => follow(store.redo());
  const last = draft.history.done.at(-1);
  const next = draft.history.undone.at(-1);
  const nameOf = (step: Step) => t(step.label.key, { ...step.label.values });
  const generate = useGenerate(
    saving,
    () => void navigate({ to: ".", search: (old) => ({ ...old, generate: true }) }),
  );
  const why = errors > 0 ? t("modeller.bar.cannotPlan", { count: errors }) : undefined;
  const reason = why === undefined ? {} : { reason: why };

  useHotkey("mod+z", (event) => (event.shiftKey ? redo() : undo()), canWrite);
  useHotkey("mod+y", redo, canWrite && !isMac);
  useHotkey("mod+s", () => void saving.save(), canWrite);
  useHotkey("mod+enter", () => errors === 0 && void generate.run(), canWrite);

  return (
    <BarActions>
      <span
        className={clsx("text-xs text-ink-2", errors === 0 && "max-md:hidden")}
        aria-live="polite"
      >
        {plan.unreachable ? (
          <State tone="warning" icon={CloudOff}>
            {t("modeller.bar.unreachable")}
          </State>
        ) : errors > 0 ? (
          <button
            type="button"
            className="rounded-sm text-danger hover:underline"
            onClick={() => go({ pane: "problems" })}
          >
            <State tone="danger" icon={CircleAlert}>
              <span className="max-sm:hidden">{t("modeller.bar.problems", { count: errors })}</span>
              <span className="sm:hidden">{format.number(errors)}</span>
            </State>
          </button>
        ) : (
          <State tone="success" icon={CircleCheck}>
            {changes > 0 && <>{t("modeller.bar.changes", { count: changes })} · </>}
            {t("modeller.bar.plans", { time: format.number(Math.max(1, Math.round(plan.ms))) })}
          </State>
        )}
      </span>
      {canWrite && (
        <>
          <span className="flex">
            <IconButton
              icon={Undo2}
              label={
                last
                  ? t("modeller.bar.undo", { name: nameOf(last) })
                  : t("modeller.bar.undoNothing")
              }
              keys={`${commandKey}Z`}
              disabled={!last}
              onClick={undo}
            />
            {!phone && (
              <IconButton
                icon={Redo2}
                label={
                  next
                    ? t("modeller.bar.redo", { name: nameOf(next) })
                    : t("modeller.bar.redoNothing")
                }
                keys={isMac ? "⇧⌘Z" : "Ctrl ⇧Z"}
                disabled={!next}
                onClick={redo}
              />
            )}
          </span>
          {phone ? (
            <IconButton
              icon={Save}
              label={t("modeller.bar.save")}
              {...(changes > 0 ? reason : { disabled: true })}
              busy={saving.busy}
              onClick={() => void saving.save()}
            />
          ) : (
            <Button
              {...(changes > 0 ? reason : { disabled: true })}
              busy={saving.busy}
              keys={`${commandKey}S`}
              onClick={() => void saving.save()}
            >
              {t("modeller.bar.save")}
            </Button>
          )}
          <AssistantButton
            open={view.section === "assistant"}
            onToggle={(open) => go({ section: open ? "assistant" : undefined })}
          />
          <Button
            // The assistant has a primary button of its own.
            variant={view.section === "assistant" ? "default" : "primary"}
            {...reason}
            busy={generate.busy}
            keys={`${commandKey}↵`}
            onClick={() => void generate.run()}
          >
            {t("modeller.bar.generate")}
          </Button>
        </>
      )}
    </BarActions>
  );
}
