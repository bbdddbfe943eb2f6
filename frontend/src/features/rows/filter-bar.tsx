import { Filter, Plus, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { useHotkey } from "@/ui/hooks";
import { Input } from "@/ui/input";
import { Popover } from "@/ui/menu";
import { Select } from "@/ui/select";
import { condition, type Operator } from "./conditions";
import type { Column } from "./queries";

const OPERATORS: Operator[] = ["=", "<>", "contains", "<", "<=", ">", ">=", "null", "not_null"];
/** Names of the operators in the locale files, where signs cannot stand. */
const WORDS: Record<Operator, string> = {
  "=": "is",
  "<>": "isNot",
  contains: "contains",
  "<": "below",
  "<=": "atMost",
  ">": "above",
  ">=": "atLeast",
  null: "null",
  not_null: "notNull",
};

/** The conditions as chips; each can be taken away, one more put in. */
export function FilterBar({
  columns,
  conditions,
  onChange,
}: {
  columns: Column[];
  conditions: string[];
  onChange: (conditions: string[]) => void;
}) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  useHotkey("f", () => setOpen(true));
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-1.5">
      {conditions.map((each) => (
        <span
          key={each}
          className="inline-flex h-6 max-w-80 items-center gap-1.5 rounded-sm border border-line-strong bg-raised pl-2 text-xs"
        >
          <Filter aria-hidden className="size-3 shrink-0 text-ink-3" strokeWidth={1.75} />
          <code className="truncate">{each}</code>
          <button
            type="button"
            aria-label={t("rows.filter.remove", { condition: each })}
            onClick={() => onChange(conditions.filter((other) => other !== each))}
            className="grid size-6 shrink-0 place-items-center rounded-sm hover:bg-hover"
          >
            <X aria-hidden className="size-3 text-ink-3" />
          </button>
        </span>
      ))}
      <Popover
        open={open}
        onOpenChange={setOpen}
        label={t("rows.filter.title")}
        trigger={
          <Button variant="ghost" icon={Plus}>
            {t("rows.filter.add")}
          </Button>
        }
        className="w-80 max-w-[92vw] p-4"
      >
        <NewCondition
          columns={columns}
          onAdd={(added) => {
            setOpen(false);
            if (!conditions.includes(added)) onChange([...conditions, added]);
          }}
        />
      </Popover>
    </div>
  );
}

function NewCondition({
  columns,
  onAdd,
}: {
  columns: Column[];
  onAdd: (condition: string) => void;
}) {
  const { t } = useTranslation();
  const [name, setName] = useState(columns[0]?.name ?? "");
  const [operator, setOperator] = useState<Operator>("=");
  const [value, setValue] = useState("");
  const [sql, setSql] = useState("");
  const column = columns.find((each) => each.name === name);
  const needsValue = operator !== "null" && operator !== "not_null";
  const own = sql.trim();
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (own) onAdd(own);
        else if (column && (!needsValue || value !== "")) onAdd(condition(column, operator, value));
      }}
    >
      <Field label={t("rows.filter.column")}>
        {(ids) => (
          <Select
            {...ids}
            size="sm"
            value={name}
            onChange={setName}
            options={columns.map((each) => ({
              value: each.name,
              label: each.name,
              hint: each.type,
            }))}
          />
        )}
      </Field>
      <div className="grid grid-cols-2 gap-2">
        <Field label={t("rows.filter.operator")}>
          {(ids) => (
            <Select
              {...ids}
              size="sm"
              value={operator}
              onChange={setOperator}
              options={OPERATORS.map((each) => ({
                value: each,
                label: t(`rows.operator.${WORDS[each]}`),
              }))}
            />
          )}
        </Field>
        {needsValue && (
          <Field label={t("rows.filter.value")}>
            {(ids) => (
              <Input
                {...ids}
                size="sm"
                value={value}
                onChange={(event) => setValue(event.currentTarget.value)}
              />
            )}
          </Field>
        )}
      </div>
      <Field label={t("rows.filter.sql")}>
        {(ids) => (
          <Input
            {...ids}
            size="sm"
            mono
            value={sql}
            onChange={(event) => setSql(event.currentTarget.value)}
          />
        )}
      </Field>
      <Button type="submit" variant="primary" className="self-end">
        {t("rows.filter.apply")}
      </Button>
    </form>
  );
}
