import clsx from "clsx";

/** Three bars in ink. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true" className={clsx("shrink-0", className ?? "size-5")}>
      <rect width="20" height="20" rx="5" className="fill-ink" />
      <path
        d="M6 14v-4M10 14V6M14 14v-6"
        className="stroke-surface"
        strokeWidth="2.2"
        strokeLinecap="round"
      />
    </svg>
  );
}
