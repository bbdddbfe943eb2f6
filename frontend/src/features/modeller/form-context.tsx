import type { ReactNode } from "react";
import type { FormContextValue, FormPath } from "@/forms/context";
import { useEdit, useModeller } from "./context";
import { GeneratorField } from "./generator-field";
import type { TableView } from "./model";
import { formatPointer, isRecord, isWithin, type Path } from "./pointer";
import { FixButton, ProblemSentence } from "./problem-fix";
import { quoteName } from "./sql";

/** Joins the forms to the draft: values at a place of the schema, problems at their fields. */
export function useFormContext(
  base: Path,
  options: { beside?: (path: FormPath) => ReactNode } = {},
): FormContextValue {
  const { problems, readOnly, table, tables, draft } = useModeller();
  const { set } = useEdit();
  return {
    readOnly,
    set: (path, value) => set([...base, ...path], value),
    problemAt: (path) => {
      const pointer = formatPointer([...base, ...path]);
      // A problem inside a value that has no field of its own is told at the nearest field around it.
      const found =
        problems.find((entry) => entry.problem.pointer === pointer) ??
        problems.find(
          (entry) =>
            isWithin(entry.problem.pointer, pointer) &&
            entry.problem.pointer.split("/").length <= pointer.split("/").length + 1,
        );
      if (!found) return undefined;
      const { problem } = found;
      return {
        text: (
          <>
            <ProblemSentence problem={problem} />
            <FixButton problem={problem} className="mt-1 flex" />
          </>
        ),
        severity: problem.severity,
      };
    },
    generator: (path, value, label) => (
      <GeneratorField path={[...base, ...path]} formPath={path} value={value} label={label} />
    ),
    suggestions: (description) => {
      const words = description.toLowerCase();
      if (/\bcolumns?\b/.test(words)) return table?.columns.map((column) => column.name) ?? [];
      if (/\bdraw\b/.test(words)) return table?.draws ?? [];
      if (/\bparent table\b|\btable\b/.test(words)) return tables.map((entry) => entry.name);
      if (/\blists?\b|under `lists`/.test(words))
        return isRecord(draft.schema.lists) ? Object.keys(draft.schema.lists) : [];
      return [];
    },
    sqlNames: table ? namesInReach(table, tables) : [],
    ...(options.beside ? { beside: options.beside } : {}),
  };
}

/** The columns of a table, then those of its parents by the names of its keys. */
export function namesInReach(table: TableView, tables: readonly TableView[]): string[] {
  return [
    ...table.columns.map((column) => quoteName(column.name)),
    ...table.keys.flatMap((key) =>
      (tables.find((other) => other.name === key.parent)?.columns ?? []).map(
        (column) => `${quoteName(key.name)}.${quoteName(column.name)}`,
      ),
    ),
  ];
}
