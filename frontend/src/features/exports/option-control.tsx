import { useTranslation } from "react-i18next";
import { useWords } from "@/i18n/words";
import { Switch } from "@/ui/choice";
import { Field } from "@/ui/field";
import { Input, NumberInput } from "@/ui/input";
import { Select } from "@/ui/select";
import type { OptionField } from "./options";

/** A select cannot hold an empty value: this one stands for "as the format has it". */
const DEFAULT = "\u0000";

/** One field of a format's options. Its words come from the locale files where they know it, else from the format itself. */
export function OptionControl({
  field,
  value,
  onChange,
}: {
  field: OptionField;
  value: unknown;
  onChange: (value: unknown) => void;
}) {
  const { t } = useTranslation();
  const words = useWords();
  const label = t(`exports.option.${field.name}.label`, {
    defaultValue: field.name.replaceAll("_", " "),
  });
  const hint = t(`exports.option.${field.name}.hint`, {
    defaultValue: words(field.description ?? ""),
  });
  return (
    <Field label={label} hint={hint || undefined} inline={field.kind !== "text"}>
      {(ids) => {
        if (field.kind === "switch") {
          return <Switch {...ids} checked={value === true} onChange={onChange} />;
        }
        if (field.kind === "number") {
          return (
            <NumberInput
              {...ids}
              size="sm"
              className="w-24"
              value={typeof value === "number" ? value : null}
              optional={field.optional}
              min={field.minimum}
              max={field.maximum}
              onChange={onChange}
            />
          );
        }
        if (field.kind === "choice") {
          return (
            <Select
              {...ids}
              size="sm"
              className="min-w-36"
              value={typeof value === "string" ? value : DEFAULT}
              onChange={(next) => onChange(next === DEFAULT ? null : next)}
              options={[
                ...(field.initial === null && field.optional
                  ? [{ value: DEFAULT, label: t("exports.byDefault") }]
                  : []),
                ...field.choices.map((choice) => ({ value: choice, label: choice })),
              ]}
            />
          );
        }
        return (
          <Input
            {...ids}
            size="sm"
            mono
            maxLength={field.maxLength}
            placeholder={value === "" || value === null ? t("exports.nothing") : undefined}
            value={typeof value === "string" ? value.replaceAll("\t", "\\t") : ""}
            onChange={(event) => onChange(event.currentTarget.value.replaceAll("\\t", "\t"))}
          />
        );
      }}
    </Field>
  );
}
