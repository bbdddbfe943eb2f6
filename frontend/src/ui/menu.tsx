import clsx from "clsx";
import { Check, type LucideIcon } from "lucide-react";
import { DropdownMenu, Popover as RadixPopover } from "radix-ui";
import type { ReactNode } from "react";

const surface =
  "z-(--z-popover) rounded-lg border border-line-strong bg-raised shadow-pop appear outline-none";

/** A menu of commands under its trigger, which takes a ref and props. */
export function Menu({
  trigger,
  label,
  align = "end",
  side,
  children,
}: {
  trigger: ReactNode;
  label?: string;
  align?: "start" | "center" | "end";
  side?: "top" | "right" | "bottom" | "left";
  children: ReactNode;
}) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          aria-label={label}
          align={align}
          side={side}
          sideOffset={4}
          collisionPadding={8}
          className={clsx(surface, "min-w-44 p-1")}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

const item =
  "flex h-7.5 items-center gap-2 rounded-sm px-2 whitespace-nowrap outline-none select-none data-highlighted:bg-accent-tint data-disabled:text-ink-disabled max-sm:h-11";

export function MenuItem({
  icon: Icon,
  keys,
  danger = false,
  checked,
  disabled,
  onSelect,
  children,
}: {
  icon?: LucideIcon;
  keys?: string;
  danger?: boolean;
  /** Given: the item is one of a choice, and this one is or is not chosen. */
  checked?: boolean;
  disabled?: boolean;
  onSelect: () => void;
  children: ReactNode;
}) {
  const inside = (
    <>
      {Icon && (
        <Icon
          aria-hidden
          className={clsx("size-4", danger ? "text-danger" : "text-ink-3")}
          strokeWidth={1.5}
        />
      )}
      <span className={clsx("grow", danger && "text-danger")}>{children}</span>
      {keys && <kbd className="font-sans text-2xs text-ink-3">{keys}</kbd>}
      {checked && <Check aria-hidden className="size-3.5 text-accent" />}
    </>
  );
  if (checked !== undefined) {
    return (
      <DropdownMenu.CheckboxItem
        checked={checked}
        disabled={disabled}
        onSelect={onSelect}
        className={item}
      >
        {inside}
      </DropdownMenu.CheckboxItem>
    );
  }
  return (
    <DropdownMenu.Item disabled={disabled} onSelect={onSelect} className={item}>
      {inside}
    </DropdownMenu.Item>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return (
    <DropdownMenu.Label className="px-2 pt-2 pb-1 text-2xs font-medium text-ink-3">
      {children}
    </DropdownMenu.Label>
  );
}

export function MenuSeparator() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />;
}

export function Popover({
  trigger,
  anchor,
  open,
  onOpenChange,
  align = "start",
  side,
  label,
  className,
  children,
}: {
  trigger?: ReactNode;
  /** What it stands beside where there is no trigger. */
  anchor?: ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  align?: "start" | "center" | "end";
  side?: "top" | "right" | "bottom" | "left";
  label?: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    <RadixPopover.Root open={open} onOpenChange={onOpenChange}>
      {trigger && <RadixPopover.Trigger asChild>{trigger}</RadixPopover.Trigger>}
      {anchor && <RadixPopover.Anchor asChild>{anchor}</RadixPopover.Anchor>}
      <RadixPopover.Portal>
        <RadixPopover.Content
          aria-label={label}
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className={clsx(surface, className)}
        >
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}
