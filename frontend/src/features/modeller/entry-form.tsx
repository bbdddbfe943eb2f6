import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FormProvider } from "@/forms/context";
import { Control } from "@/forms/control";
import { type Shape, shapeOf } from "@/forms/schema";
import { Button } from "@/ui/button";
import { toast } from "@/ui/toast";
import { useEdit, useModeller } from "./context";
import { removeValue, renameMapKey } from "./document";
import { useFormContext } from "./form-context";
import { NameField } from "./name-field";
import { isRecord, type Path, valueAt } from "./pointer";

/** A draw, a list or a parameter of the schema, by the section that the address names: `list:priority`. */
export function EntryForm({ section }: { section: string }) {
  const { t } = useTranslation();
  const { draft, table, catalogue, readOnly, store, go } = useModeller();
  const { change } = useEdit();
  const [renaming, setRenaming] = useState(false);
  const [kind = "", ...rest] = section.split(":");
  const name = rest.join(":");
  const parent: Path =
    kind === "draw"
      ? ["tables", table?.index ?? 0, "draws"]
      : [kind === "list" ? "lists" : "parameters"];
  const path: Path = [...parent, name];
  const value = valueAt(draft.schema, path);
  const form = useFormContext(path);
  const { language } = catalogue;
  const shape: Shape =
    kind === "draw"
      ? { kind: "generator" }
      : kind === "list"
        ? shapeOf({ $ref: "#/$defs/ValueList" }, language)
        : { kind: "any" };

  const rename = (next: string) => {
    setRenaming(false);
    const taken = valueAt(draft.schema, parent);
    if (next === "" || next === name || (isRecord(taken) && next in taken)) return;
    change(
      (text) => renameMapKey(text, path, next),
      { key: "modeller.step.rename", values: { from: name, to: next } },
      `/${path.join("/")}`,
    );
    go({ section: `${kind}:${next}` });
  };
  const remove = () => {
    change(
      (text) =>
        removeValue(
          text,
          isRecord(valueAt(draft.schema, parent)) &&
            Object.keys(valueAt(draft.schema, parent) as object).length === 1
            ? parent
            : path,
        ),
      { key: "modeller.step.delete", values: { name } },
      `/${parent.join("/")}`,
    );
    go({ section: undefined });
    toast(t("modeller.deleted", { name }), {
      label: t("ui.undo"),
      onClick: store.undoing(),
    });
  };

  if (value === undefined) return <p className="p-6 text-ink-3">{t("modeller.gone", { name })}</p>;
  return (
    <div className="min-h-0 grow overflow-y-auto p-6 max-sm:p-4">
      <div className="flex max-w-120 flex-col gap-4">
        <div className="flex items-center gap-2">
          {renaming ? (
            <NameField value={name} label={t("ui.rename")} onCommit={rename} />
          ) : (
            <h2 className="min-w-0 grow truncate">{name}</h2>
          )}
          {!readOnly && !renaming && (
            <>
              <Button onClick={() => setRenaming(true)}>{t("ui.rename")}</Button>
              <Button variant="danger" icon={Trash2} onClick={remove}>
                {t("ui.delete")}
              </Button>
            </>
          )}
        </div>
        <p className="text-ink-2">{t(`modeller.entryWords.${kind}`)}</p>
        <FormProvider value={form}>
          <Control path={[]} shape={shape} value={value} label={name} description="" />
        </FormProvider>
      </div>
    </div>
  );
}
