import clsx from "clsx";
import { LoaderCircle, type LucideIcon } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { Tooltip } from "./tooltip";

export type ButtonVariant = "default" | "primary" | "ghost" | "danger";
export type ButtonSize = "xs" | "sm" | "md" | "lg";

const sizes: Record<ButtonSize, string> = {
  xs: "h-6 px-[7px] text-xs",
  sm: "h-7 px-2.5 max-sm:h-9",
  md: "h-8 px-3 max-sm:h-11",
  lg: "h-10 px-4 text-md max-sm:h-11",
};
const squares: Record<ButtonSize, string> = {
  xs: "size-6",
  sm: "size-7 max-sm:size-11",
  md: "size-8 max-sm:size-11",
  lg: "size-10 max-sm:size-11",
};
const variants: Record<ButtonVariant, string> = {
  default: "border-line-strong bg-raised text-ink shadow-control [&_svg]:text-ink-3",
  primary: "border-transparent bg-accent-solid text-on-accent shadow-control",
  ghost: "border-transparent text-ink-2 [&_svg]:text-ink-3",
  danger: "border-line-strong bg-raised text-danger shadow-control",
};
const lively: Record<ButtonVariant, string> = {
  default: "hover:bg-hover active:bg-pressed",
  primary: "hover:bg-accent-solid-hover",
  ghost: "hover:bg-hover active:bg-pressed aria-expanded:bg-pressed",
  danger: "hover:bg-danger-tint hover:border-danger-line",
};
const idle: Record<ButtonVariant, string> = {
  default: "border-line-strong text-ink-disabled",
  primary: "border-transparent bg-pressed text-ink-3",
  ghost: "border-transparent text-ink-disabled",
  danger: "border-line-strong text-ink-disabled",
};

/** The look of a button, for links that lead somewhere and for triggers. */
export function buttonClass(
  options: {
    variant?: ButtonVariant;
    size?: ButtonSize;
    square?: boolean;
    disabled?: boolean;
    className?: string;
  } = {},
): string {
  const { variant = "default", size = "sm", square = false, disabled = false } = options;
  return clsx(
    "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap no-underline select-none ease-part transition-colors",
    square ? squares[size] : sizes[size],
    disabled ? idle[variant] : [variants[variant], lively[variant]],
    options.className,
  );
}

export interface ButtonProps extends Omit<ComponentProps<"button">, "disabled"> {
  variant?: ButtonVariant;
  size?: ButtonSize;
  icon?: LucideIcon;
  iconAfter?: LucideIcon;
  /** The key that does the same, shown at the end. */
  keys?: string;
  /** A spinner takes the icon's place, the width stays, and presses are ignored. */
  busy?: boolean;
  /** Why it cannot be pressed: it stays focusable and says this. */
  reason?: ReactNode;
  disabled?: boolean;
}

export function Button({
  variant,
  size,
  icon: Icon,
  iconAfter: IconAfter,
  keys,
  busy = false,
  reason,
  disabled = false,
  className,
  children,
  onClick,
  type = "button",
  ...rest
}: ButtonProps) {
  const off = disabled || reason !== undefined;
  const button = (
    <button
      type={type}
      aria-disabled={off || busy || undefined}
      aria-busy={busy || undefined}
      className={buttonClass({ variant, size, disabled: off, className })}
      onClick={(event) => {
        if (off || busy) event.preventDefault();
        else onClick?.(event);
      }}
      {...rest}
    >
      {busy ? (
        <LoaderCircle aria-hidden className="size-4 spin" strokeWidth={1.5} />
      ) : (
        Icon && <Icon aria-hidden className="size-4" strokeWidth={1.5} />
      )}
      {children}
      {IconAfter && <IconAfter aria-hidden className="size-3.5" strokeWidth={1.5} />}
      {keys && (
        <kbd aria-hidden className="font-sans text-2xs opacity-80 max-md:hidden">
          {keys}
        </kbd>
      )}
    </button>
  );
  return reason === undefined ? button : <Tooltip text={reason}>{button}</Tooltip>;
}

export interface IconButtonProps extends Omit<ButtonProps, "iconAfter" | "children"> {
  icon: LucideIcon;
  /** What it does: its name and its tooltip. */
  label: string;
}

export function IconButton({
  icon: Icon,
  label,
  variant = "ghost",
  size = "sm",
  busy = false,
  reason,
  disabled = false,
  keys,
  className,
  onClick,
  type = "button",
  ...rest
}: IconButtonProps) {
  const off = disabled || reason !== undefined;
  return (
    <Tooltip text={reason ?? label} keys={keys}>
      <button
        type={type}
        aria-label={label}
        aria-disabled={off || busy || undefined}
        className={buttonClass({ variant, size, square: true, disabled: off, className })}
        onClick={(event) => {
          if (off || busy) event.preventDefault();
          else onClick?.(event);
        }}
        {...rest}
      >
        {busy ? (
          <LoaderCircle aria-hidden className="size-4 spin" strokeWidth={1.5} />
        ) : (
          <Icon aria-hidden className={size === "xs" ? "size-3.5" : "size-4"} strokeWidth={1.5} />
        )}
      </button>
    </Tooltip>
  );
}
