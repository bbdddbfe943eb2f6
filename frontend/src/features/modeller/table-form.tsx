import { useTranslation } from "react-i18next";
import { FormProvider } from "@/forms/context";
import { fieldsOf } from "@/forms/schema";
import { SchemaForm } from "@/forms/schema-form";
import { Note } from "@/ui/feedback";
import { useModeller } from "./context";
import { useFormContext } from "./form-context";
import type { TableView } from "./model";
import { isWithin, parsePointer } from "./pointer";
import { ProblemNote } from "./problem-fix";

/** Keys of a table that have a view of their own. */
const ELSEWHERE = ["name", "columns", "rules", "foreign_keys", "draws", "given"];

/** The table itself: rows, primary key, indexes, and what the language adds. */
export function TableForm() {
  const { table } = useModeller();
  return table ? <Form table={table} /> : null;
}

function Form({ table }: { table: TableView }) {
  const { t } = useTranslation();
  const { catalogue, problems, draft } = useModeller();
  const form = useFormContext(["tables", table.index]);
  const dataset = useFormContext([]);
  const { language } = catalogue;
  const fields = fieldsOf(language.$defs?.Table ?? {}, language).filter(
    (field) => !ELSEWHERE.includes(field.name),
  );
  const ownFields = fieldsOf(language.$defs?.Table ?? {}, language).map((field) => field.name);
  const homeless = problems.filter(({ problem }) => {
    if (problem.pointer !== table.pointer && !isWithin(problem.pointer, table.pointer))
      return false;
    const [, , key] = parsePointer(problem.pointer);
    return key === undefined || key === "name" || !ownFields.includes(String(key));
  });
  const general = fieldsOf(language, language).filter(
    (field) => !["name", "tables", "lists", "parameters"].includes(field.name),
  );
  return (
    <div className="flex flex-col gap-4 px-4 py-3.5">
      <h3 className="truncate">{table.name}</h3>
      {draft.reading.value === undefined && <Note tone="warning">{t("modeller.formsClosed")}</Note>}
      {homeless.map(({ problem }) => (
        <ProblemNote key={`${problem.pointer} ${problem.code}`} problem={problem} />
      ))}
      <FormProvider value={form}>
        <SchemaForm fields={fields} path={[]} value={table.raw} />
      </FormProvider>
      <hr className="border-line" />
      <h3>{t("modeller.dataset")}</h3>
      <FormProvider value={dataset}>
        <SchemaForm fields={general} path={[]} value={draft.schema} />
      </FormProvider>
    </div>
  );
}
