import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useWords } from "@/i18n/words";
import { Segment, Switch } from "@/ui/choice";
import type { FieldIds } from "@/ui/field";
import { Select } from "@/ui/select";
import { type FormPath, useForm } from "./context";
import { AreaField, NumberField, ScalarField, TextField } from "./inputs";
import { ListControl, MapControl } from "./lists";
import { fits, initial, optionFor, type Shape, type UnionOption } from "./schema";
import { SchemaForm } from "./schema-form";
import { SqlField } from "./sql-field";

export interface ControlProps extends Partial<FieldIds> {
  path: FormPath;
  shape: Shape;
  value: unknown;
  label: string;
  description: string;
  /** What holds while nothing is written. */
  fallback?: unknown;
  optional?: boolean;
  isSql?: boolean;
}

/** What a select shows for "nothing is written"; a value of the language cannot be empty. */
const ABSENT = " ";

/** The control of a shape. It names no generator and no rule: the shape comes from the JSON Schema. */
export function Control({
  path,
  shape,
  value,
  label,
  description,
  fallback,
  optional = false,
  isSql = false,
  ...ids
}: ControlProps) {
  const { t } = useTranslation();
  const { set, readOnly, generator, suggestions, sqlNames } = useForm();
  const words = useWords();
  const put = (next: unknown) => set(path, next);
  const placeholder = fallback === undefined || fallback === null ? undefined : String(fallback);
  const common = {
    ...ids,
    value,
    readOnly,
    placeholder,
    size: "sm" as const,
    onChange: put,
    ...(ids.id ? {} : { "aria-label": label }),
  };
  // A reference to a parameter may stand wherever a value stands.
  if (typeof value === "string" && /^\$\{[^{}]+\}$/.test(value) && shape.kind !== "text")
    return <TextField {...common} mono />;
  switch (shape.kind) {
    case "integer":
    case "number":
      return <NumberField {...common} whole={shape.kind === "integer"} />;
    case "boolean": {
      const checked =
        value === undefined || value === null
          ? fallback === true || fallback === "true"
          : value === true;
      const standard = fallback === true || fallback === "true";
      return (
        <Switch
          {...ids}
          aria-label={label}
          checked={checked}
          disabled={readOnly}
          onChange={(next) => put(optional && next === standard ? undefined : next)}
        />
      );
    }
    case "enum":
      return (
        <Select
          {...ids}
          size="sm"
          aria-label={label}
          value={typeof value === "string" ? value : optional ? ABSENT : undefined}
          placeholder={t("forms.choose")}
          onChange={(next) => !readOnly && put(next === ABSENT ? undefined : next)}
          options={[
            ...(optional
              ? [
                  {
                    value: ABSENT,
                    label: placeholder ?? t("forms.absent"),
                    hint: placeholder ? t("forms.default") : undefined,
                  },
                ]
              : []),
            ...shape.options
              .filter(
                (option) => !optional || option.value !== placeholder || option.value === value,
              )
              .map((option) => ({
                value: option.value,
                label: option.value,
                hint: words(option.description).replace(/`|\.$/g, "") || undefined,
              })),
          ]}
        />
      );
    case "date":
      return <TextField {...common} placeholder={placeholder ?? "2024-12-31"} />;
    case "datetime":
      return <TextField {...common} placeholder={placeholder ?? "2024-12-31T00:00:00Z"} />;
    case "text":
      if (isSql) {
        const { size: _size, ...field } = common;
        return <SqlField {...field} names={sqlNames} />;
      }
      return <TextField {...common} names={suggestions(description)} />;
    case "any":
      if (value !== null && typeof value === "object") return <JsonField {...common} />;
      return <ScalarField {...common} />;
    case "list":
      return (
        <ListControl
          {...ids}
          shape={shape}
          path={path}
          value={value}
          label={label}
          description={description}
        />
      );
    case "map":
      return (
        <MapControl
          shape={shape}
          path={path}
          value={value}
          label={label}
          description={description}
        />
      );
    case "object":
      return <SchemaForm fields={shape.fields} path={path} value={value} />;
    case "generator":
      return generator(path, value, label);
    case "union":
      return (
        <Union
          options={shape.options}
          path={path}
          value={value}
          label={label}
          description={description}
        />
      );
  }
}

/** A value whose form no control knows, as JSON; what does not parse is not taken. */
function JsonField({
  value,
  onChange,
  ...rest
}: {
  value: unknown;
  onChange: (value: unknown) => void;
  readOnly: boolean;
}) {
  return (
    <AreaField
      {...rest}
      mono
      value={JSON.stringify(value)}
      onChange={(text) => {
        try {
          onChange(text === undefined ? undefined : JSON.parse(text));
        } catch {
          // Half-typed JSON stays in the field until it parses.
        }
      }}
    />
  );
}

function Union({
  options,
  path,
  value,
  label,
  description,
}: {
  options: UnionOption[];
  path: FormPath;
  value: unknown;
  label: string;
  description: string;
}) {
  const { t, i18n } = useTranslation();
  const { set, readOnly } = useForm();
  const [chosen, setChosen] = useState<number | null>(null);
  const written = optionFor(options, value);
  const at = value === undefined || value === null ? (chosen ?? written) : written;
  const option = options[at];
  if (!option) return null;
  const nameOf = ({ shape }: UnionOption) => {
    if (shape.kind !== "object") return t(`forms.kind.${shape.kind}`);
    const names = shape.fields.map((field) => field.name);
    const key = names.join("_");
    return i18n.exists(`forms.fields.${key}`) ? t(`forms.fields.${key}`) : names.join(", ");
  };
  return (
    <div className="flex flex-col gap-1.5">
      <Segment
        label={label}
        className="self-start"
        value={String(at)}
        options={options.map((entry, index) => ({ value: String(index), label: nameOf(entry) }))}
        onChange={(next) => {
          if (readOnly) return;
          const index = Number(next);
          setChosen(index);
          const shape = options[index]?.shape;
          if (shape && value !== undefined && !fits(shape, value)) set(path, initial(shape));
        }}
      />
      <Control
        path={path}
        shape={option.shape}
        value={value}
        label={label}
        description={option.description || description}
      />
    </div>
  );
}
