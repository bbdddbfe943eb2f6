/*
 * Sentences of the server with values in them. A template is the English sentence with a hole for each value: `{}` takes any
 * text, `{#}` one word. Its translation puts the values in by their number: `{1}` as it came, `{1:words}` a sentence or noun
 * that is put into the language itself, `{1:list}` several of those with "or" between them.
 */

export interface Template {
  pattern: RegExp;
  /** Its longest piece between holes; a sentence without it does not fit. */
  piece: string;
  words: string;
}

/** The sentences of a language: those without values, and templates for the others. */
export interface Dictionary {
  sentences: Readonly<Record<string, string>>;
  /** Templates that begin with a word, by that word; those that begin with a hole are in every list. */
  byWord: ReadonlyMap<string, readonly Template[]>;
  /** Those that begin with a hole. */
  others: readonly Template[];
  or: string;
}

const HOLE = /\{(#?)\}/;

function compile(english: string, words: string): Template {
  const parts = english.split(HOLE);
  let source = "";
  for (const [at, part] of parts.entries()) {
    if (at % 2 === 1) source += part === "#" ? "(\\S+?)" : "(.+?)";
    else source += part.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  }
  const pieces = parts.filter((_, at) => at % 2 === 0);
  const piece = pieces.reduce((best, each) => (each.length > best.length ? each : best), "");
  return { pattern: new RegExp(`^${source}$`), piece, words };
}

const lengthOf = (english: string) => english.replace(/\{#?\}/g, "").length;

function firstWord(text: string): string {
  const end = text.indexOf(" ");
  return end < 0 ? text : text.slice(0, end);
}

/** Compiles a language's lists. The template with more text of its own comes first: it is the more exact one. */
export function dictionaryOf(
  sentences: Readonly<Record<string, string>>,
  templates: Readonly<Record<string, string>>,
  or: string,
): Dictionary {
  const sorted = Object.entries(templates)
    .sort(([one], [other]) => lengthOf(other) - lengthOf(one))
    .map(([english, words]) => {
      const word = firstWord(english);
      return { word: HOLE.test(word) ? undefined : word, template: compile(english, words) };
    });
  const byWord = new Map<string, Template[]>();
  for (const { word } of sorted) {
    if (word === undefined || byWord.has(word)) continue;
    byWord.set(
      word,
      sorted
        .filter((each) => each.word === undefined || each.word === word)
        .map((each) => each.template),
    );
  }
  const others = sorted.filter((each) => each.word === undefined).map((each) => each.template);
  return { sentences, byWord, others, or };
}

/** A sentence without the line breaks of its source. */
export function plainOf(sentence: string): string {
  return sentence.replace(/\s+/g, " ").trim();
}

/** A sentence of the server by a dictionary, or as it is. */
export function translate(sentence: string, dictionary: Dictionary | undefined): string {
  const plain = plainOf(sentence);
  if (!dictionary) return plain;
  if (Object.hasOwn(dictionary.sentences, plain)) return dictionary.sentences[plain] ?? plain;
  for (const { pattern, piece, words } of dictionary.byWord.get(firstWord(plain)) ??
    dictionary.others) {
    if (!plain.includes(piece)) continue;
    const values = pattern.exec(plain);
    if (!values) continue;
    return words.replace(/\{(\d+)(?::(words|list))?\}/g, (_, number: string, kind?: string) => {
      const value = values[Number(number)] ?? "";
      if (kind === "words") return translate(value, dictionary);
      return kind === "list" ? translateList(value, dictionary) : value;
    });
  }
  return plain;
}

/** Alternatives, as in `a whole number, a text or {sql}`. */
export function translateList(text: string, dictionary: Dictionary | undefined): string {
  const plain = plainOf(text);
  if (!dictionary) return plain;
  return Object.hasOwn(dictionary.sentences, plain)
    ? (dictionary.sentences[plain] ?? plain)
    : plain
        .split(/(, (?!each )| or )/)
        .map((part, at) => {
          if (at % 2 === 0) return translate(part, dictionary);
          return part === " or " ? ` ${dictionary.or} ` : part;
        })
        .join("");
}
