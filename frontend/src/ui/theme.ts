import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
const STORED = "theme";
const listeners = new Set<() => void>();
const system = window.matchMedia("(prefers-color-scheme: dark)");

export function storedTheme(): Theme {
  const value = localStorage.getItem(STORED);
  return value === "light" || value === "dark" ? value : "system";
}

function apply(theme: Theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function setTheme(theme: Theme) {
  if (theme === "system") localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, theme);
  apply(theme);
  for (const listener of listeners) listener();
}

apply(storedTheme());

function subscribe(listener: () => void) {
  listeners.add(listener);
  system.addEventListener("change", listener);
  return () => {
    listeners.delete(listener);
    system.removeEventListener("change", listener);
  };
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, storedTheme);
}

export function useResolvedTheme(): "light" | "dark" {
  return useSyncExternalStore(subscribe, () => {
    const theme = storedTheme();
    return theme === "system" ? (system.matches ? "dark" : "light") : theme;
  });
}
