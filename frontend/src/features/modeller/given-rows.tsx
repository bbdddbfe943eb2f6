import { useTranslation } from "react-i18next";
import { FormProvider } from "@/forms/context";
import { fieldsOf } from "@/forms/schema";
import { SchemaForm } from "@/forms/schema-form";
import { useModeller } from "./context";
import { useFormContext } from "./form-context";

/** Rows that come first, fixed or partly filled; what they leave open is generated. */
export function GivenRows() {
  const { t } = useTranslation();
  const { table, catalogue } = useModeller();
  const form = useFormContext(["tables", table?.index ?? 0]);
  if (!table) return null;
  const { language } = catalogue;
  const fields = fieldsOf(language.$defs?.Table ?? {}, language).filter(
    (field) => field.name === "given",
  );
  return (
    <div className="min-h-24 flex-[1_1_auto] overflow-y-auto p-6 max-sm:p-4">
      <p className="mb-4 text-ink-2">{t("modeller.given.words")}</p>
      <div className="max-w-160">
        <FormProvider value={form}>
          <SchemaForm fields={fields} path={[]} value={table.raw} />
        </FormProvider>
      </div>
    </div>
  );
}
