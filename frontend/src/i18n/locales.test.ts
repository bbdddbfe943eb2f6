import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import en from "@/locales/en.json";
import es from "@/locales/es.json";

type Tree = { [key: string]: string | Tree };

function flatten(tree: Tree, path: string[] = []): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") found.set([...path, key].join("."), value);
    else for (const [inner, text] of flatten(value, [...path, key])) found.set(inner, text);
  }
  return found;
}

const english = flatten(en as Tree);
const spanish = flatten(es as Tree);
const PLURAL = /_(zero|one|two|few|many|other)$/;
const base = (key: string) => key.replace(PLURAL, "");

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(ts|tsx)$/.test(entry.name) && !/\.test\.|schema\.d\.ts/.test(entry.name)
      ? [path]
      : [];
  });
}

const code = sources(join(import.meta.dirname, "..")).map((path) => readFileSync(path, "utf8"));
const literals = new Set(
  code.flatMap((text) => [...text.matchAll(/["'`]([\w.-]+)["'`]/g)].map((match) => match[1])),
);
const prefixes = [
  ...new Set(
    code.flatMap((text) => [...text.matchAll(/`([\w-]+\.[\w.-]*)\$\{/g)].map((match) => match[1])),
  ),
];
const asked = code.flatMap((text) =>
  [...text.matchAll(/\bt\(\s*["'`]([\w.-]+)["'`]|i18nKey="([\w.-]+)"/g)].map(
    (match) => match[1] ?? match[2] ?? "",
  ),
);

describe("the locale files", () => {
  it("hold the same keys", () => {
    const bases = (keys: Map<string, string>) => [...new Set([...keys.keys()].map(base))].sort();
    expect(bases(spanish)).toEqual(bases(english));
  });

  it("have every plural form that their language knows", () => {
    const missing: string[] = [];
    for (const [language, keys] of [
      ["en", english],
      ["es", spanish],
    ] as const) {
      const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
      for (const key of keys.keys()) {
        if (!PLURAL.test(key)) continue;
        for (const form of forms) {
          if (!keys.has(`${base(key)}_${form}`)) missing.push(`${language} ${base(key)}_${form}`);
        }
      }
    }
    expect(missing).toEqual([]);
  });

  it("put the same values into their sentences", () => {
    const values = (text: string) =>
      [...new Set([...text.matchAll(/\{\{(\w+)/g)].map((match) => match[1]))].sort();
    const differing = [...english].filter(([key, text]) => {
      const other = spanish.get(key);
      return other !== undefined && values(other).join() !== values(text).join();
    });
    expect(differing.map(([key]) => key)).toEqual([]);
  });

  it("hold every key that the studio asks for", () => {
    const known = new Set([...english.keys()].flatMap((key) => [key, base(key)]));
    expect([...new Set(asked)].filter((key) => !known.has(key))).toEqual([]);
  });

  it("hold no key that nothing asks for", () => {
    const unused = [...english.keys()].filter((key) => {
      const name = base(key);
      return !literals.has(name) && !prefixes.some((prefix) => prefix && name.startsWith(prefix));
    });
    expect(unused).toEqual([]);
  });

  it("leave no text empty", () => {
    for (const keys of [english, spanish]) {
      expect([...keys].filter(([, text]) => text.trim() === "").map(([key]) => key)).toEqual([]);
    }
  });
});
