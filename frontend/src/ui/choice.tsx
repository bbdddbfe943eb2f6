import clsx from "clsx";
import { Check, Minus } from "lucide-react";
import {
  Checkbox as RadixCheckbox,
  RadioGroup as RadixRadio,
  Switch as RadixSwitch,
  ToggleGroup,
} from "radix-ui";
import { type ReactNode, useId } from "react";
import type { FieldIds } from "./field";

export interface SegmentOption<T extends string> {
  value: T;
  label: ReactNode;
  /** A count, in grey behind the label. */
  count?: ReactNode;
}

/** One of a few, side by side; arrows move inside. */
export function Segment<T extends string>({
  value,
  onChange,
  options,
  label,
  className,
}: {
  value: T;
  onChange: (value: T) => void;
  options: SegmentOption<T>[];
  label: string;
  className?: string;
}) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value}
      onValueChange={(next) => next && onChange(next as T)}
      className={clsx(
        "inline-flex max-w-full gap-px overflow-x-auto rounded-md bg-track p-0.5",
        className,
      )}
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          className="inline-flex h-6 items-center gap-1.5 rounded-sm px-[9px] text-xs font-medium whitespace-nowrap text-ink-2 outline-offset-0 hover:text-ink data-[state=on]:bg-thumb data-[state=on]:text-ink data-[state=on]:shadow-control data-[state=on]:ring-1 data-[state=on]:ring-line max-sm:h-10 max-sm:px-3"
        >
          {option.label}
          {option.count !== undefined && (
            <span className="font-normal text-ink-2 tabular-nums">{option.count}</span>
          )}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}

interface ToggleProps extends Partial<FieldIds> {
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  "aria-label"?: string;
}

export function Switch({ checked, onChange, ...rest }: ToggleProps) {
  return (
    <span className="inline-grid min-h-6 place-items-center">
      <RadixSwitch.Root
        {...rest}
        checked={checked}
        onCheckedChange={onChange}
        className="relative h-4 w-7 shrink-0 rounded-full bg-line-control ease-part transition-colors data-[state=checked]:bg-accent-solid"
      >
        <RadixSwitch.Thumb className="absolute top-0.5 left-0.5 size-3 rounded-full bg-surface ease-part transition-transform data-[state=checked]:translate-x-3 data-[state=checked]:bg-on-accent" />
      </RadixSwitch.Root>
    </span>
  );
}

/** A box with its words beside it; without `children` it needs an `aria-label`. */
export function Checkbox({
  checked,
  onChange,
  children,
  className,
  ...rest
}: Omit<ToggleProps, "checked"> & {
  checked: boolean | "indeterminate";
  children?: ReactNode;
  className?: string;
}) {
  const own = useId();
  const id = rest.id ?? own;
  return (
    <span className={clsx("inline-flex min-h-6 items-center gap-2 max-sm:min-h-11", className)}>
      <RadixCheckbox.Root
        {...rest}
        id={id}
        checked={checked}
        onCheckedChange={(next) => onChange(next === true)}
        // The box is 14 px, what takes the press 24.
        className="group -m-[5px] grid size-6 shrink-0 place-items-center rounded-sm"
      >
        <span className="grid size-3.5 place-items-center rounded-xs border border-line-control bg-surface text-on-accent group-data-[state=checked]:border-accent-solid group-data-[state=checked]:bg-accent-solid group-data-[state=indeterminate]:border-accent-solid group-data-[state=indeterminate]:bg-accent-solid">
          <RadixCheckbox.Indicator>
            {checked === "indeterminate" ? (
              <Minus aria-hidden className="size-2.5" strokeWidth={3} />
            ) : (
              <Check aria-hidden className="size-2.5" strokeWidth={3} />
            )}
          </RadixCheckbox.Indicator>
        </span>
      </RadixCheckbox.Root>
      {children && (
        <label htmlFor={id} className="select-none">
          {children}
        </label>
      )}
    </span>
  );
}

export interface RadioOption<T extends string> {
  value: T;
  label: ReactNode;
  hint?: ReactNode;
}

export function RadioGroup<T extends string>({
  value,
  onChange,
  options,
  label,
  className,
}: {
  value: T;
  onChange: (value: T) => void;
  options: RadioOption<T>[];
  label: string;
  className?: string;
}) {
  const id = useId();
  return (
    <RadixRadio.Root
      aria-label={label}
      value={value}
      onValueChange={(next) => onChange(next as T)}
      className={clsx("flex flex-col gap-1", className)}
    >
      {options.map((option) => (
        <label
          key={option.value}
          htmlFor={`${id}-${option.value}`}
          className="flex gap-2.5 rounded-md px-2 py-1.5 has-data-[state=checked]:bg-accent-tint hover:bg-hover max-sm:py-3"
        >
          <RadixRadio.Item
            id={`${id}-${option.value}`}
            value={option.value}
            className="group -m-[5px] mt-[-2px] grid size-6 shrink-0 place-items-center rounded-full"
          >
            <span className="size-3.5 rounded-full border border-line-control bg-surface group-data-[state=checked]:border-4 group-data-[state=checked]:border-accent-solid" />
          </RadixRadio.Item>
          <span className="min-w-0">
            <span className="block font-medium">{option.label}</span>
            {option.hint && <span className="block text-xs text-ink-3">{option.hint}</span>}
          </span>
        </label>
      ))}
    </RadixRadio.Root>
  );
}
