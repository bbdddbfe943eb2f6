import clsx from "clsx";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

export type Tone = "neutral" | "success" | "warning" | "danger" | "accent" | "line";

const badgeTones: Record<Tone, string> = {
  neutral: "bg-neutral-tint text-ink-2",
  success: "bg-success-tint text-success",
  warning: "bg-warning-tint text-warning",
  danger: "bg-danger-tint text-danger",
  accent: "bg-accent-tint text-accent",
  line: "text-ink-2 ring-1 ring-line-strong ring-inset",
};

export function Badge({
  tone = "neutral",
  icon: Icon,
  className,
  children,
}: {
  tone?: Tone;
  icon?: LucideIcon;
  className?: string;
  children: ReactNode;
}) {
  return (
    <span
      className={clsx(
        "inline-flex h-[18px] items-center gap-1 rounded-sm px-1.5 text-2xs font-medium whitespace-nowrap",
        badgeTones[tone],
        className,
      )}
    >
      {Icon && <Icon aria-hidden className="size-3" />}
      {children}
    </span>
  );
}

const stateTones: Record<Tone, string> = {
  neutral: "[&>svg]:text-ink-3",
  success: "[&>svg]:text-success-solid",
  warning: "[&>svg]:text-warning-solid",
  danger: "[&>svg]:text-danger-solid",
  accent: "[&>svg]:text-accent",
  line: "[&>svg]:text-ink-3",
};

/** An icon and a word: never a colour alone. */
export function State({
  tone,
  icon: Icon,
  spinning = false,
  children,
}: {
  tone: Tone;
  icon: LucideIcon;
  spinning?: boolean;
  children: ReactNode;
}) {
  return (
    <span className={clsx("inline-flex items-center gap-1.5 whitespace-nowrap", stateTones[tone])}>
      <Icon aria-hidden className={clsx("size-3.5", spinning && "spin")} strokeWidth={1.75} />
      {children}
    </span>
  );
}

export function Meter({
  value,
  label,
  thick = false,
  tone = "accent",
  className,
}: {
  /** A share between 0 and 1. */
  value: number;
  label: string;
  thick?: boolean;
  tone?: "accent" | "success" | "danger";
  className?: string;
}) {
  const share = Math.min(1, Math.max(0, value));
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
      className={clsx("overflow-hidden rounded-full bg-track", thick ? "h-2" : "h-1", className)}
    >
      <div
        className={clsx(
          "h-full rounded-full transition-[width] duration-(--duration-base)",
          tone === "accent" && "bg-accent-solid",
          tone === "success" && "bg-success-solid",
          tone === "danger" && "bg-danger-solid",
        )}
        style={{ width: `${share * 100}%` }}
      />
    </div>
  );
}

export function Key({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-block min-w-[18px] rounded-sm border border-line-strong bg-surface px-1 text-center font-sans text-2xs font-medium text-ink-3">
      {children}
    </kbd>
  );
}

/** The initials of a person. */
export function Avatar({ name }: { name: string }) {
  const initials = name
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => word[0])
    .slice(0, 2)
    .join("")
    .toUpperCase();
  return (
    <span
      aria-hidden
      // Shown by the style sheet, so that the name of what holds it need not repeat the letters.
      data-initials={initials}
      className="grid size-[22px] shrink-0 place-items-center rounded-full bg-pressed text-[10px] font-semibold tracking-normal text-ink-2 before:content-[attr(data-initials)]"
    />
  );
}
