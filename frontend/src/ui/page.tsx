import clsx from "clsx";
import { type ReactNode, useEffect, useState } from "react";
import { createPortal } from "react-dom";

/** A page of text and lists: margins of 40 × 32, no wider than 1232 px. Grids and panes do without it. */
export function Page({ className, children }: { className?: string; children: ReactNode }) {
  return (
    <div className="min-h-0 grow overflow-y-auto">
      <div
        className={clsx(
          "mx-auto w-full max-w-[1312px] px-10 py-8 max-md:px-6 max-sm:px-4 max-sm:py-5",
          className,
        )}
      >
        {children}
      </div>
    </div>
  );
}

export function PageHead({
  title,
  description,
  actions,
}: {
  title: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <header className="mb-5 flex flex-wrap items-end gap-2">
      <div className="min-w-0 grow">
        <h1>{title}</h1>
        {description && <p className="text-ink-3">{description}</p>}
      </div>
      {actions}
    </header>
  );
}

const SLOT = "bar-actions";

/** The place at the end of a dataset's bar that the open tab fills. */
export function BarActionsSlot() {
  return <div id={SLOT} className="contents" />;
}

/** Puts its children at the end of the dataset's bar: state, undo, save. */
export function BarActions({ children }: { children: ReactNode }) {
  const [slot, setSlot] = useState<HTMLElement | null>(null);
  useEffect(() => setSlot(document.getElementById(SLOT)), []);
  return slot && createPortal(children, slot);
}
