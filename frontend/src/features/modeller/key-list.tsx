import { Link2, Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { FormProvider } from "@/forms/context";
import { fieldsOf } from "@/forms/schema";
import { SchemaForm } from "@/forms/schema-form";
import { Button, IconButton } from "@/ui/button";
import { Empty } from "@/ui/feedback";
import { Menu, MenuItem } from "@/ui/menu";
import { toast } from "@/ui/toast";
import { removeFrom } from "./actions";
import { useEdit, useModeller } from "./context";
import { insertInto } from "./document";
import { useFormContext } from "./form-context";
import type { KeyView, TableView } from "./model";
import { freeNames } from "./paste";

/** The foreign keys of the open table. */
export function KeyList() {
  const { table } = useModeller();
  return table ? <List table={table} /> : null;
}

function List({ table }: { table: TableView }) {
  const { t } = useTranslation();
  const { tables, readOnly } = useModeller();
  const { change } = useEdit();

  /** A key to a table and, for each column of its primary key, a column here: one that stands ready or a new one. */
  const add = (parent: TableView) => {
    const targets =
      parent.primaryKey.length > 0 ? parent.primaryKey : [parent.columns[0]?.name ?? "id"];
    const names = table.columns.map((column) => column.name);
    const columns = targets.map(
      (target) =>
        names.find((name) => name === `${parent.name}_${target}`) ??
        freeNames([`${parent.name}_${target}`], names)[0] ??
        target,
    );
    const missing = columns.filter((name) => !names.includes(name)).map((name) => ({ name }));
    const [name = parent.name] = freeNames(
      [parent.name],
      table.keys.map((key) => key.name),
    );
    change(
      (text) => {
        const filled = insertInto(
          text,
          ["tables", table.index, "columns"],
          table.columns.length,
          missing,
        );
        return insertInto(filled, ["tables", table.index, "foreign_keys"], table.keys.length, [
          { name, columns, references: { table: parent.name, columns: targets } },
        ]);
      },
      { key: "modeller.step.add", values: { name } },
      `${table.pointer}/foreign_keys`,
    );
  };
  const button = (
    <Menu
      label={t("modeller.keysPart.add")}
      trigger={<Button icon={Plus}>{t("modeller.keysPart.add")}</Button>}
    >
      {tables.map((parent) => (
        <MenuItem key={parent.index} onSelect={() => add(parent)}>
          {t("modeller.keysPart.to", { name: parent.name })}
        </MenuItem>
      ))}
    </Menu>
  );
  return (
    <div className="min-h-24 flex-[1_1_auto] overflow-y-auto px-6 py-5 max-sm:px-4">
      <div className="mb-4 flex items-center gap-3">
        <p className="min-w-0 grow text-ink-2">{t("modeller.keysPart.words")}</p>
        {!readOnly && table.keys.length > 0 && button}
      </div>
      {table.keys.length === 0 && (
        <Empty
          icon={Link2}
          title={t("modeller.keysPart.none", { name: table.name })}
          actions={!readOnly && button}
        >
          {t("modeller.keysPart.noneWords")}
        </Empty>
      )}
      <ul className="flex flex-col gap-3">
        {table.keys.map((key) => (
          <li key={key.index}>
            <KeyCard table={table} foreignKey={key} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function KeyCard({ table, foreignKey }: { table: TableView; foreignKey: KeyView }) {
  const { t } = useTranslation();
  const { catalogue, readOnly, store } = useModeller();
  const { change } = useEdit();
  const form = useFormContext(["tables", table.index, "foreign_keys", foreignKey.index]);
  const { language } = catalogue;
  const remove = () => {
    change(
      (text) => removeFrom(text, ["tables", table.index, "foreign_keys"], foreignKey.index),
      { key: "modeller.step.delete", values: { name: foreignKey.name } },
      `${table.pointer}/foreign_keys`,
    );
    toast(t("modeller.deleted", { name: foreignKey.name }), {
      label: t("ui.undo"),
      onClick: store.undoing(),
    });
  };
  return (
    <section aria-label={foreignKey.name} className="rounded-lg border border-line">
      <header className="flex items-center gap-2 border-b border-line px-4 py-2">
        <Link2 aria-hidden className="size-4 text-ink-3" strokeWidth={1.5} />
        <h3 className="min-w-0 truncate">{foreignKey.name}</h3>
        <span className="min-w-0 truncate text-ink-3">
          {foreignKey.columns.join(", ")} → {foreignKey.parent} (
          {foreignKey.parentColumns.join(", ")})
        </span>
        {!readOnly && (
          <IconButton icon={Trash2} label={t("ui.delete")} className="ml-auto" onClick={remove} />
        )}
      </header>
      <div className="max-w-160 p-4">
        <FormProvider value={form}>
          <SchemaForm
            fields={fieldsOf(language.$defs?.ForeignKey ?? {}, language)}
            path={[]}
            value={foreignKey.raw}
          />
        </FormProvider>
      </div>
    </section>
  );
}
