import { useSyncExternalStore } from "react";

let words = "";
const listeners = new Set<() => void>();

/** Tells screen readers something, politely. */
export function announce(text: string) {
  words = text;
  for (const listener of listeners) listener();
}

export function LiveRegion() {
  const text = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => words,
  );
  return (
    <div aria-live="polite" className="sr-only">
      {text}
    </div>
  );
}
