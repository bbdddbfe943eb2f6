import { useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { FieldIds } from "@/ui/field";
import { Input, type InputSize, Textarea } from "@/ui/input";
import { readNumber } from "@/ui/read-number";
import { parseScalar, scalarText, stepOf } from "./scalar";

interface Editor<T> extends Partial<FieldIds> {
  value: unknown;
  onChange: (value: T | undefined) => void;
  placeholder?: string | undefined;
  size?: InputSize;
  readOnly?: boolean;
  "aria-label"?: string;
}

interface NumberEditor extends Editor<number | string> {
  whole: boolean;
  unit?: string;
}

/**
 * The text of a field while it is edited. What is typed is taken at every key; Escape gives back the value that stood
 * there before.
 */
function useTyped(shown: string, take: (text: string) => void) {
  const [typed, setTyped] = useState<string | null>(null);
  const before = useRef(shown);
  const last = useRef(shown);
  const isOwn = useRef(false);
  // A value that changed without being typed here, by an undo or another view, replaces what was typed.
  useEffect(() => {
    if (shown !== last.current && !isOwn.current) setTyped(null);
    last.current = shown;
    isOwn.current = false;
  });
  const put = (text: string) => {
    isOwn.current = true;
    setTyped(text);
    take(text);
  };
  return {
    put,
    /** What the field is given. */
    field: {
      value: typed ?? shown,
      onFocus: () => {
        before.current = shown;
      },
      onChange: (event: { currentTarget: { value: string } }) => put(event.currentTarget.value),
      onBlur: () => setTyped(null),
      onKeyDown: (event: { key: string; stopPropagation: () => void }) => {
        if (event.key !== "Escape" || typed === null || typed === before.current) return;
        event.stopPropagation();
        setTyped(null);
        take(before.current);
      },
    },
  };
}

/** A number, or the reference to a parameter. What cannot be read as one is kept as typed and marked by the plan. */
export function NumberField({ value, onChange, whole, ...rest }: NumberEditor) {
  const { field, put } = useTyped(scalarText(value), (next) => {
    if (next.trim() === "") return onChange(undefined);
    onChange(readNumber(next) ?? next.trim());
  });
  return (
    <Input
      {...rest}
      inputMode={whole ? "numeric" : "decimal"}
      autoComplete="off"
      className="tabular-nums"
      {...field}
      onKeyDown={(event) => {
        if (event.key === "ArrowUp" || event.key === "ArrowDown") {
          const number = typeof value === "number" ? value : Number(rest.placeholder ?? 0) || 0;
          const unit = stepOf(number, whole);
          const step = unit * (event.shiftKey ? 10 : event.altKey && !whole ? 0.1 : 1);
          event.preventDefault();
          if (!rest.readOnly)
            put(
              String(Number((number + (event.key === "ArrowUp" ? step : -step)).toPrecision(12))),
            );
        } else field.onKeyDown(event);
      }}
    />
  );
}

/** Text on one line, completed from a list of names where there is one. */
export function TextField({
  value,
  onChange,
  names = [],
  mono = false,
  ...rest
}: Editor<string> & { names?: readonly string[]; mono?: boolean }) {
  const list = useId();
  const { field } = useTyped(typeof value === "string" ? value : scalarText(value), (next) =>
    onChange(next === "" ? undefined : next),
  );
  return (
    <>
      <Input
        {...rest}
        mono={mono}
        autoComplete="off"
        spellCheck={false}
        {...(names.length > 0 ? { list } : {})}
        {...field}
      />
      {names.length > 0 && (
        <datalist id={list}>
          {names.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      )}
    </>
  );
}

/** A value of any type on one line, as the language would read it: `5` is a number, `"5"` is text. */
export function ScalarField({ value, onChange, ...rest }: Editor<unknown>) {
  const { field } = useTyped(scalarText(value), (next) =>
    onChange(next === "" ? undefined : parseScalar(next)),
  );
  return <Input {...rest} autoComplete="off" spellCheck={false} {...field} />;
}

/** SQL or prose over several lines, as high as it needs. */
export function AreaField({
  value,
  onChange,
  mono = false,
  rows = 1,
  size: _size,
  ...rest
}: Editor<string> & { mono?: boolean; rows?: number }) {
  const { field } = useTyped(typeof value === "string" ? value : scalarText(value), (next) =>
    onChange(next === "" ? undefined : next),
  );
  return (
    <Textarea
      {...rest}
      mono={mono}
      spellCheck={!mono}
      rows={Math.max(rows, field.value.split("\n").length)}
      className="field-sizing-content min-h-8 resize-none"
      {...field}
    />
  );
}

/** A short list of scalars on one line, between commas. */
export function InlineList({ value, onChange, ...rest }: Editor<unknown[]>) {
  const { t } = useTranslation();
  const items = Array.isArray(value) ? value : [];
  const shown = items.map(scalarText).join(", ");
  const { field } = useTyped(shown, (next) => onChange(splitList(next)));
  return (
    <Input
      {...rest}
      placeholder={rest.placeholder ?? t("forms.commas")}
      autoComplete="off"
      spellCheck={false}
      {...field}
    />
  );
}

/** Items between commas, semicolons, tabs or line breaks; quotes keep a comma inside an item. */
export function splitList(text: string): unknown[] {
  const parts = text.match(/\s*(?:"(?:[^"\\]|\\.)*"|[^,;\t\n])+/g) ?? [];
  return parts.map((part) => parseScalar(part.trim())).filter((item) => item !== null);
}
