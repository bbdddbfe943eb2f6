import clsx from "clsx";
import type { LucideIcon } from "lucide-react";
import { type ComponentProps, type ReactNode, useRef, useState } from "react";
import { readNumber } from "./read-number";

export type InputSize = "sm" | "md" | "lg";
const heights: Record<InputSize, string> = {
  sm: "h-7 px-2 max-sm:h-11",
  md: "h-8 px-2 max-sm:h-11",
  lg: "h-10 px-3 text-md max-sm:h-11",
};

export function inputClass(size: InputSize = "md", invalid = false, className?: string): string {
  return clsx(
    // A width that the caller names stands in place of the whole one: of two classes the sheet's order would decide.
    /(^|\s)w-/.test(className ?? "") ? "" : "w-full",
    "flex min-w-0 items-center gap-1.5 rounded-md border bg-surface text-ink ease-part transition-colors",
    "focus-within:border-focus focus-within:outline-1 focus-within:outline-focus",
    invalid ? "border-danger-solid" : "border-line-control",
    heights[size],
    className,
  );
}

export interface InputProps extends Omit<ComponentProps<"input">, "size"> {
  size?: InputSize;
  icon?: LucideIcon;
  unit?: ReactNode;
  /** Something at the end: a button, a key. */
  after?: ReactNode;
  mono?: boolean;
}

export function Input({
  size = "md",
  icon: Icon,
  unit,
  after,
  mono = false,
  className,
  ...rest
}: InputProps) {
  return (
    <span className={inputClass(size, rest["aria-invalid"] === true, className)}>
      {Icon && <Icon aria-hidden className="size-4 shrink-0 text-ink-3" strokeWidth={1.5} />}
      <input
        {...rest}
        className={clsx(
          "h-full w-full min-w-0 flex-1 bg-transparent outline-none placeholder:text-ink-3 max-sm:text-lg",
          mono && "mono",
        )}
      />
      {unit && <span className="ml-auto shrink-0 text-xs text-ink-3">{unit}</span>}
      {after}
    </span>
  );
}

export interface TextareaProps extends ComponentProps<"textarea"> {
  mono?: boolean;
}

export function Textarea({ mono = false, className, ...rest }: TextareaProps) {
  return (
    <textarea
      {...rest}
      className={clsx(
        "w-full rounded-md border bg-surface p-2 text-ink placeholder:text-ink-3 focus:border-focus focus:outline-1 focus:outline-focus max-sm:text-lg",
        rest["aria-invalid"] === true ? "border-danger-solid" : "border-line-control",
        mono && "font-mono text-xs/5",
        className,
      )}
    />
  );
}

export interface NumberInputProps
  extends Omit<InputProps, "value" | "onChange" | "type" | "min" | "max" | "step"> {
  value: number | null;
  onChange: (value: number | null) => void;
  min?: number;
  max?: number;
  step?: number;
  /** Whether an empty field is an answer (null). */
  optional?: boolean;
  whole?: boolean;
  /** How the value is shown while the field is not edited. */
  show?: (value: number) => string;
}

/**
 * A number that may be typed as `1.2k`, `3,200` or `3200`. The arrows move it by a step, with Shift by ten, with Alt by a tenth;
 * Escape gives the last value back.
 */
export function NumberInput({
  value,
  onChange,
  min = Number.NEGATIVE_INFINITY,
  max = Number.POSITIVE_INFINITY,
  step = 1,
  optional = false,
  whole = false,
  show = String,
  onKeyDown,
  onBlur,
  className,
  ...rest
}: NumberInputProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const before = useRef(value);
  const take = (text: string) => {
    const read = readNumber(text);
    if (text.trim() === "") {
      if (optional) onChange(null);
      return;
    }
    if (read === null) return;
    onChange(Math.min(max, Math.max(min, whole ? Math.round(read) : read)));
  };
  return (
    <Input
      {...rest}
      inputMode={whole ? "numeric" : "decimal"}
      autoComplete="off"
      value={draft ?? (value === null ? "" : show(value))}
      className={clsx("tabular-nums", className)}
      onFocus={(event) => {
        before.current = value;
        setDraft(value === null ? "" : String(value));
        event.currentTarget.select();
      }}
      onChange={(event) => {
        setDraft(event.currentTarget.value);
        take(event.currentTarget.value);
      }}
      onBlur={(event) => {
        setDraft(null);
        onBlur?.(event);
      }}
      onKeyDown={(event) => {
        if (event.key === "ArrowUp" || event.key === "ArrowDown") {
          event.preventDefault();
          const size = step * (event.shiftKey ? 10 : event.altKey && !whole ? 0.1 : 1);
          const moved = (value ?? 0) + (event.key === "ArrowUp" ? size : -size);
          const next = Math.min(max, Math.max(min, Number(moved.toPrecision(12))));
          setDraft(String(next));
          onChange(next);
        } else if (event.key === "Escape" && draft !== null && value !== before.current) {
          event.stopPropagation();
          setDraft(before.current === null ? "" : String(before.current));
          onChange(before.current);
        }
        onKeyDown?.(event);
      }}
    />
  );
}
