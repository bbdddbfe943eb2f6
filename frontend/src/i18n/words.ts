import { useEffect, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { PATTERNS_ES } from "./patterns.es";

/*
 * Descriptions, problems and statements come from the server, in English. For other languages of the interface there is a
 * list by sentence, and patterns for sentences with a value in them; one that is on neither is shown as it came.
 */

const LISTS: Record<string, () => Promise<Record<string, string>>> = {
  es: async () => (await import("./words.es.json")).default,
};

const PATTERNS: Record<string, typeof PATTERNS_ES> = { es: PATTERNS_ES };

const loaded = new Map<string, Record<string, string>>();
const listeners = new Set<() => void>();

async function load(language: string) {
  const list = LISTS[language];
  if (!list || loaded.has(language)) return;
  loaded.set(language, {});
  loaded.set(language, await list());
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A sentence without the line breaks of its source. */
export function plainOf(sentence: string): string {
  return sentence.replace(/\s+/g, " ").trim();
}

/** A sentence of the server in a language, or as it is. */
export function translate(
  sentence: string,
  language: string,
  list: Record<string, string> | undefined,
): string {
  const plain = plainOf(sentence);
  const found = list?.[plain];
  if (found !== undefined) return found;
  for (const [pattern, words] of PATTERNS[language] ?? []) {
    const parts = pattern.exec(plain);
    if (!parts) continue;
    return typeof words === "string"
      ? plain.replace(pattern, words)
      : words(parts.slice(1), (part) => translate(part, language, list));
  }
  return plain;
}

/** Puts the server's sentences into the language of the interface. */
export function useWords(): (sentence: string) => string {
  const { i18n } = useTranslation();
  const language = i18n.language.slice(0, 2);
  useEffect(() => void load(language), [language]);
  const list = useSyncExternalStore(subscribe, () => loaded.get(language));
  return (sentence) => translate(sentence, language, list);
}
