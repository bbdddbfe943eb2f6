import { useEffect, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

/*
 * The language's own descriptions come from the server, in English. For other languages of the interface there is a
 * list by sentence; a sentence that is not on it, such as a new one, is shown as it came.
 */

const LISTS: Record<string, () => Promise<Record<string, string>>> = {
  es: async () => (await import("./words.es.json")).default,
};

/** Sentences with a value in them. */
const PATTERNS: Record<string, readonly [RegExp, string][]> = {
  es: [
    [/^the name says (.+)$/, "el nombre dice $1"],
    [/^the name looks like an? (.+)$/, "el nombre parece de tipo $1"],
    [/^the type is an? (.+)$/, "el tipo es $1"],
  ],
};

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

/** A sentence of the server in a language, or as it is. */
export function translate(
  sentence: string,
  language: string,
  list: Record<string, string> | undefined,
): string {
  const plain = sentence.replace(/\s+/g, " ").trim();
  const found = list?.[plain];
  if (found !== undefined) return found;
  for (const [pattern, words] of PATTERNS[language] ?? []) {
    if (pattern.test(plain)) return plain.replace(pattern, words);
  }
  return plain;
}

/** Puts the server's descriptions into the language of the interface. */
export function useWords(): (sentence: string) => string {
  const { i18n } = useTranslation();
  const language = i18n.language.slice(0, 2);
  useEffect(() => void load(language), [language]);
  const list = useSyncExternalStore(subscribe, () => loaded.get(language));
  return (sentence) => translate(sentence, language, list);
}
