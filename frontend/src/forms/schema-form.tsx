import clsx from "clsx";
import { CircleAlert, TriangleAlert } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Sentence } from "@/ui/words";
import { type FormPath, useForm } from "./context";
import { Control } from "./control";
import { type Field, initial, type Shape } from "./schema";
import { SqlField } from "./sql-field";

/** A form of the fields that a JSON Schema describes, over the value at `path`. */
export function SchemaForm({
  fields,
  path,
  value,
}: {
  fields: readonly Field[];
  path: FormPath;
  value: unknown;
}) {
  const record =
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  return (
    <div className="flex flex-col gap-3">
      {fields.map((field) => (
        <FieldRow
          key={field.name}
          field={field}
          path={[...path, field.name]}
          value={record[field.name]}
        />
      ))}
    </div>
  );
}

function isWide(shape: Shape): boolean {
  return ["list", "map", "object", "generator", "union"].includes(shape.kind);
}

/** Words for a parameter where the locale has some; its own name in the language otherwise. */
export function useParameterName(): (name: string) => string {
  const { t, i18n } = useTranslation();
  return (name) =>
    i18n.exists(`forms.parameter.${name}`)
      ? t(`forms.parameter.${name}`)
      : name.replaceAll("_", " ");
}

export function FieldRow({ field, path, value }: { field: Field; path: FormPath; value: unknown }) {
  const { t } = useTranslation();
  const { problemAt, set, readOnly, beside, sqlNames } = useForm();
  const nameOf = useParameterName();
  const id = useId();
  const problem = problemAt(path);
  const isSql = value !== null && typeof value === "object" && "sql" in value;
  const [wantsSql, setWantsSql] = useState(false);
  const inSql = field.takesSql && (isSql || (wantsSql && value === undefined));
  const wide = isWide(field.shape) || inSql || field.isSql;
  const label = nameOf(field.name);
  const said = problem?.text ?? <Sentence text={field.description} />;
  const ids = {
    id,
    "aria-describedby": `${id}-said`,
    ...(problem?.severity === "error" ? { "aria-invalid": true as const } : {}),
  };
  return (
    <div
      className={clsx(
        wide
          ? "flex flex-col gap-1"
          : "grid grid-cols-[5.75rem_minmax(0,1fr)] items-center gap-x-3",
      )}
    >
      <div className="flex min-w-0 items-center gap-1.5">
        <label
          htmlFor={id}
          title={field.name}
          className="min-w-0 truncate text-xs font-medium text-ink-2"
        >
          {label}
          {field.required && (
            <span className="text-ink-3" title={t("forms.required")}>
              {" "}
              *
            </span>
          )}
        </label>
        {field.takesSql && !readOnly && (
          <button
            type="button"
            aria-pressed={inSql}
            aria-label={t("forms.inSql", { name: label })}
            className="ml-auto h-5 rounded-sm px-1 text-2xs font-medium text-ink-3 hover:bg-hover hover:text-ink aria-pressed:bg-accent-tint aria-pressed:text-accent"
            onClick={() => {
              if (inSql) {
                setWantsSql(false);
                if (isSql) set(path, field.required ? initial(field.shape) : undefined);
              } else {
                setWantsSql(true);
                if (value !== undefined)
                  set(path, { sql: typeof value === "object" ? "" : String(value) });
              }
            }}
          >
            SQL
          </button>
        )}
      </div>
      {inSql ? (
        <SqlField
          {...ids}
          names={sqlNames}
          readOnly={readOnly}
          placeholder={t("forms.sqlHint")}
          value={isSql ? (value as { sql: unknown }).sql : ""}
          onChange={(sql) =>
            sql === undefined
              ? set(path, isSql ? { sql: "" } : undefined)
              : set(isSql ? [...path, "sql"] : path, isSql ? sql : { sql })
          }
        />
      ) : (
        <div className="flex min-w-0 items-center gap-2">
          {beside?.(path)}
          <div className="min-w-0 grow">
            <Control
              {...ids}
              path={path}
              shape={field.shape}
              value={value}
              label={label}
              description={field.description}
              fallback={field.default}
              optional={!field.required}
              isSql={field.isSql}
            />
          </div>
        </div>
      )}
      <p
        id={`${id}-said`}
        className={clsx(
          "flex gap-1 text-xs",
          !wide && "col-span-2 mt-0.5",
          problem ? (problem.severity === "error" ? "text-danger" : "text-warning") : "text-ink-3",
        )}
      >
        {problem &&
          (problem.severity === "error" ? (
            <CircleAlert aria-hidden className="mt-[3px] size-3 shrink-0" />
          ) : (
            <TriangleAlert aria-hidden className="mt-[3px] size-3 shrink-0" />
          ))}
        <span className="min-w-0">{said}</span>
      </p>
    </div>
  );
}
