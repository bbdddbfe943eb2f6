import clsx from "clsx";
import { Check, ChevronDown } from "lucide-react";
import { Select as Radix } from "radix-ui";
import type { ReactNode } from "react";
import type { FieldIds } from "./field";
import { type InputSize, inputClass } from "./input";

export interface Option<T extends string = string> {
  value: T;
  label: ReactNode;
  /** What the value means, in grey. */
  hint?: ReactNode;
  disabled?: boolean;
}

export interface SelectProps<T extends string> extends Partial<FieldIds> {
  value: T | undefined;
  onChange: (value: T) => void;
  options: Option<T>[];
  placeholder?: string;
  size?: InputSize;
  className?: string;
  "aria-label"?: string;
}

export function Select<T extends string>({
  value,
  onChange,
  options,
  placeholder,
  size = "md",
  className,
  ...ids
}: SelectProps<T>) {
  return (
    <Radix.Root value={value} onValueChange={(next) => onChange(next as T)}>
      <Radix.Trigger
        {...ids}
        className={inputClass(
          size,
          ids["aria-invalid"] === true,
          clsx("text-left data-placeholder:text-ink-3 [&>span:first-child]:truncate", className),
        )}
      >
        <Radix.Value placeholder={placeholder} />
        <Radix.Icon className="ml-auto">
          <ChevronDown aria-hidden className="size-3.5 text-ink-3" strokeWidth={1.5} />
        </Radix.Icon>
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          position="popper"
          sideOffset={4}
          collisionPadding={8}
          className="z-(--z-tooltip) max-h-(--radix-select-content-available-height) min-w-(--radix-select-trigger-width) overflow-hidden rounded-lg border border-line-strong bg-raised shadow-pop appear"
        >
          <Radix.Viewport className="p-1">
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled}
                className="flex min-h-7.5 items-center gap-2 rounded-sm py-1 pr-7 pl-2 outline-none select-none data-disabled:text-ink-disabled data-highlighted:bg-accent-tint max-sm:min-h-11"
              >
                <Radix.ItemText>{option.label}</Radix.ItemText>
                {option.hint && <span className="text-xs text-ink-3">{option.hint}</span>}
                <Radix.ItemIndicator className="absolute right-3">
                  <Check aria-hidden className="size-3.5 text-accent" />
                </Radix.ItemIndicator>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
