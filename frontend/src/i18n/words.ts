import { useCallback, useEffect, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { type Dictionary, dictionaryOf, translate, translateList } from "./templates";

export { plainOf } from "./templates";

/*
 * Descriptions, problems and statements come from the server, in English. For other languages of the interface there is a
 * list by sentence, and templates for sentences with a value in them; one that is on neither is shown as it came. A test
 * collects what the server can say and holds that both lists have it.
 */

const DICTIONARIES: Record<string, () => Promise<Dictionary>> = {
  es: async () => {
    const [words, meanings, templates] = await Promise.all([
      import("./words.es.json"),
      import("./meanings.es.json"),
      import("./templates.es.json"),
    ]);
    return dictionaryOf({ ...words.default, ...meanings.default }, templates.default, "o");
  },
};

const loaded = new Map<string, Dictionary | undefined>();
const listeners = new Set<() => void>();

async function load(language: string) {
  const read = DICTIONARIES[language];
  if (!read || loaded.has(language)) return;
  loaded.set(language, undefined);
  loaded.set(language, await read());
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function useDictionary(): Dictionary | undefined {
  const { i18n } = useTranslation();
  const language = i18n.language.slice(0, 2);
  useEffect(() => void load(language), [language]);
  return useSyncExternalStore(subscribe, () => loaded.get(language));
}

/** Puts the server's sentences into the language of the interface. */
export function useWords(): (sentence: string) => string {
  const dictionary = useDictionary();
  return useCallback((sentence) => translate(sentence, dictionary), [dictionary]);
}

/** The same for alternatives, such as the kinds of values that a parameter takes. */
export function useAlternatives(): (alternatives: string) => string {
  const dictionary = useDictionary();
  return useCallback((alternatives) => translateList(alternatives, dictionary), [dictionary]);
}
