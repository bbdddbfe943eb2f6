import { useTranslation } from "react-i18next";
import { toast } from "@/ui/toast";
import {
  addColumns,
  columnPath,
  duplicateColumns,
  moveColumns,
  removeColumns,
  togglePrimaryKey,
} from "./actions";
import { useEdit, useModeller } from "./context";
import { moveInside, read, removeValue, setValue } from "./document";
import type { Label } from "./history";
import { type ColumnView, type TableView, tablesOf } from "./model";
import type { NewColumn } from "./paste";
import { renameColumn } from "./references";

/** What the grid, the list and the inspector do with columns. */
export function useColumnEdits(table: TableView) {
  const { t } = useTranslation();
  const { store, catalogue, go, draft } = useModeller();
  const { change, set } = useEdit();
  const undo = () => ({ label: t("ui.undo"), onClick: store.undoing() });

  const rename = (column: ColumnView, name: string) => {
    if (name === "" || name === column.name) return;
    let count = 0;
    const keepValues = tablesOf(read(draft.base.text).value ?? {}).some(
      (other) =>
        other.name === table.name && other.columns.some((entry) => entry.name === column.name),
    );
    change(
      (text) => {
        const renamed = renameColumn(
          text,
          read(text).value ?? {},
          table.index,
          column.index,
          name,
          { root: catalogue.language, keepValues },
        );
        count = renamed.count;
        return renamed.text;
      },
      { key: "modeller.step.rename", values: { from: column.name, to: name } },
      column.pointer,
    );
    go({ column: name });
    if (count > 0) toast(t("modeller.renamed", { count, name }), undo());
  };

  const add = (columns: readonly NewColumn[], index = table.columns.length): string[] => {
    let names: string[] = [];
    change(
      (text) => {
        const added = addColumns(text, table, index, columns);
        names = added.names;
        return added.text;
      },
      columns.length === 1
        ? { key: "modeller.step.add", values: { name: columns[0]?.name ?? "" } }
        : { key: "modeller.step.addColumns", values: { count: columns.length } },
      `${table.pointer}/columns/${index}`,
    );
    return names;
  };

  const remove = (rows: readonly number[]) => {
    if (rows.length === 0 || rows.length >= table.columns.length) return;
    const name = table.columns[rows[0] ?? 0]?.name ?? "";
    change(
      (text) => removeColumns(text, table, rows),
      { key: "modeller.step.delete", values: { name } },
      `${table.pointer}/columns/${rows[0]}`,
    );
    toast(
      rows.length === 1
        ? t("modeller.deleted", { name })
        : t("modeller.deletedColumns", { count: rows.length }),
      undo(),
    );
  };

  const duplicate = (rows: readonly number[]): string[] => {
    const name = table.columns[rows[0] ?? 0]?.name ?? "";
    let names: string[] = [];
    change(
      (text) => {
        const copied = duplicateColumns(text, table, rows);
        names = copied.names;
        return copied.text;
      },
      { key: "modeller.step.duplicate", values: { name } },
      `${table.pointer}/columns/${(rows.at(-1) ?? 0) + 1}`,
    );
    return names;
  };

  const move = (rows: readonly number[], step: -1 | 1): boolean => {
    const [from, to] = [rows[0], rows.at(-1)];
    if (
      from === undefined ||
      to === undefined ||
      from + step < 0 ||
      to + step >= table.columns.length
    )
      return false;
    const name = table.columns[from]?.name ?? "";
    change(
      (text) => moveColumns(text, table, from, to, step),
      { key: "modeller.step.move", values: { name } },
      `${table.pointer}/columns/${from + step}`,
      `move ${table.pointer}`,
    );
    return true;
  };

  /** Puts a column where another one stands. */
  const moveTo = (from: number, to: number) => {
    const name = table.columns[from]?.name;
    if (name === undefined) return;
    change(
      (text) => moveInside(text, ["tables", table.index, "columns"], from, to),
      { key: "modeller.step.move", values: { name } },
      `${table.pointer}/columns/${to}`,
    );
    go({ column: name });
  };

  const setGenerator = (column: ColumnView, generator: Record<string, unknown> | undefined) => {
    const path = columnPath(table.index, column.index, "generator");
    const name = generator === undefined ? "" : String(generator.type);
    const label: Label =
      generator === undefined
        ? { key: "modeller.step.clear", values: { name: column.name } }
        : { key: "modeller.step.set", values: { name: column.name, value: name } };
    set(path, generator, { label, group: `${column.pointer}/generator` });
  };

  /** A share and a condition exclude one another, so one of them goes when the other comes. */
  const setNulls = (column: ColumnView, nulls: { null_rate?: number; null_when?: string }) => {
    change(
      (text) => {
        let result = text;
        for (const key of ["null_rate", "null_when"] as const) {
          const path = columnPath(table.index, column.index, key);
          result =
            nulls[key] === undefined
              ? removeValue(result, path)
              : setValue(result, path, nulls[key]);
        }
        return result;
      },
      { key: "modeller.step.change", values: { name: column.name } },
      column.pointer,
      `${column.pointer}/nulls`,
    );
  };

  const toggleUnique = (column: ColumnView) =>
    set(
      columnPath(table.index, column.index, "unique"),
      column.raw.unique === true ? undefined : true,
    );

  const toggleKey = (column: ColumnView) =>
    change(
      (text) => togglePrimaryKey(text, table, column),
      { key: "modeller.step.primaryKey", values: { name: column.name } },
      `${table.pointer}/primary_key`,
    );

  return {
    rename,
    add,
    remove,
    duplicate,
    move,
    moveTo,
    setGenerator,
    setNulls,
    toggleUnique,
    toggleKey,
    set,
  };
}
