import { useEffect, useRef, useState, useSyncExternalStore } from "react";

const PRODUCT = "Synthetic Data AI";

/** The title of the tab: the parts from the inside out, then the product. */
export function useTitle(...parts: (string | undefined)[]) {
  const title = [...parts.filter(Boolean), PRODUCT].join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}

export function useMediaQuery(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = window.matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => window.matchMedia(query).matches,
  );
}

/** Below 640 px: the phone's way of showing things. */
export const useIsPhone = () => useMediaQuery("(max-width: 639.98px)");

/** True once `waiting` has lasted, so that what comes at once shows no bones. */
export function useDelayed(waiting: boolean, ms = 150): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!waiting) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [waiting, ms]);
  return waiting && late;
}

export function useDebounced<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
/** The name of the command key: ⌘ on a Mac, Ctrl elsewhere. */
export const commandKey = isMac ? "⌘" : "Ctrl ";

export function isTextTarget(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/**
 * Calls back on a key of the whole page: `mod+s` is ⌘S or Ctrl+S. A single letter counts only while no text is edited and no
 * dialog is open.
 */
export function useHotkey(keys: string, callback: (event: KeyboardEvent) => void, on = true) {
  const latest = useRef(callback);
  useEffect(() => {
    latest.current = callback;
  });
  useEffect(() => {
    if (!on) return;
    const parts = keys.toLowerCase().split("+");
    const key = parts.at(-1) ?? "";
    const wants = (name: string) => parts.includes(name);
    const listener = (event: KeyboardEvent) => {
      const mod = isMac ? event.metaKey : event.ctrlKey;
      if (event.defaultPrevented || event.key.toLowerCase() !== key) return;
      if (mod !== wants("mod") || event.altKey !== wants("alt")) return;
      if (key.length > 1 && event.shiftKey !== wants("shift")) return;
      if (!wants("mod") && !wants("alt")) {
        if (isTextTarget(event.target) || document.querySelector("[role=dialog]")) return;
      }
      event.preventDefault();
      latest.current(event);
    };
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, [keys, on]);
}
