import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { Path } from "./pointer";
import { renderAfterKey, renderFlow, renderItem, renderKey, renderScalar } from "./render";

/*
 * Edits of YAML (and of JSON, which is YAML) as splices of its text. Writing the whole document anew would reformat
 * lines that nobody touched; a splice leaves every other character where it was.
 */

type Range = [number, number, number];
export type Collection = YAMLMap | YAMLSeq;
interface Ranged {
  range?: Range | null;
}

let last: { text: string; document: Document.Parsed } | null = null;

/** The document of a text. The last one is kept, since an edit is followed by many readings. */
export function documentOf(text: string): Document.Parsed {
  if (last?.text !== text)
    last = { text, document: parseDocument(text, { keepSourceTokens: true, prettyErrors: false }) };
  return last.document;
}

export function isFlow(node: Collection): boolean {
  return node.flow === true;
}

/** A text whose outermost braces are written is JSON for our purposes: keys and text are quoted. */
export function isJson(document: Document.Parsed): boolean {
  return isCollection(document.contents) && document.contents.flow === true;
}

export function nodeAt(document: Document.Parsed, path: Path): Node | null | undefined {
  let node: unknown = document.contents;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) node = pairOf(node, String(step))?.value;
    else if (isSeq(node)) node = node.items[Number(step)];
    else return undefined;
    if (node === undefined) return undefined;
  }
  return node as Node | null;
}

export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => String(isScalar(pair.key) ? pair.key.value : pair.key) === key);
}

function rangeOf(node: unknown): Range {
  const range = (node as Ranged).range;
  if (!range) throw new Error("a node without a place in the text");
  return range;
}

function keyEnd(text: string, pair: Pair): number {
  return text.indexOf(":", rangeOf(pair.key)[1]) + 1;
}

/** Where a pair or an item ends, without the comment behind it. */
export function endOf(text: string, item: unknown): number {
  if (item !== null && typeof item === "object" && "key" in item) {
    const pair = item as Pair;
    if (isEmpty(pair.value)) return keyEnd(text, pair) || rangeOf(pair.key)[1];
    return endOf(text, pair.value);
  }
  if (isCollection(item) && item.flow !== true && item.items.length > 0)
    return endOf(text, item.items[item.items.length - 1]);
  return rangeOf(item)[1];
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  const range = (value as Ranged).range;
  return isScalar(value) && value.value === null && (!range || range[0] === range[1]);
}

function startOf(item: unknown): number {
  return item !== null && typeof item === "object" && "key" in item
    ? rangeOf((item as Pair).key)[0]
    : rangeOf(item)[0];
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

/** The start of the next line, past the comment that ends this one. */
function nextLine(text: string, at: number): number {
  if (at > 0 && text[at - 1] === "\n") return at;
  const found = text.indexOf("\n", at);
  return found < 0 ? text.length : found + 1;
}

function columnOf(text: string, at: number): number {
  return at - lineStart(text, at);
}

function splice(text: string, from: number, to: number, inserted: string): string {
  return text.slice(0, from) + inserted + text.slice(to);
}

/** Lines put in at the start of a line, whether or not the text before ends with a line break. */
function insertLines(text: string, at: number, lines: string): string {
  const before = at > 0 && text[at - 1] !== "\n" ? "\n" : "";
  return splice(text, at, at, `${before}${lines}\n`);
}

/** Where the dash of a block item stands: the list's own column, on the line of the item or above it. */
function dashOf(text: string, list: YAMLSeq, index: number): number {
  const column = columnOf(text, rangeOf(list)[0]);
  let from = lineStart(text, startOf(list.items[index]));
  while (text[from + column] !== "-" && from > 0) from = lineStart(text, from - 1);
  return from + column;
}

/** A scalar in the quotes that the old one had, so that an edit changes no style. */
function renderLike(old: unknown, value: unknown, inFlow: boolean, json: boolean): string {
  if (typeof value === "string" && isScalar(old) && !/[\n\r\t]/.test(value)) {
    if (old.type === "QUOTE_DOUBLE") return JSON.stringify(value);
    if (old.type === "QUOTE_SINGLE") return `'${value.replaceAll("'", "''")}'`;
  }
  return inFlow ? renderFlow(value, json) : renderScalar(value, false);
}

/** Puts a value in the place of one that stands there. */
export function replaceAt(text: string, path: Path, value: unknown): string {
  const document = documentOf(text);
  const json = isJson(document);
  const step = path[path.length - 1];
  const parent = nodeAt(document, path.slice(0, -1));
  if (step === undefined)
    return json ? renderFlow(value, true) : `${renderAfterKey(value, -2).trimStart()}\n`;
  if (isMap(parent)) {
    const pair = pairOf(parent, String(step));
    if (!pair) throw new Error(`nothing at ${String(step)}`);
    const colon = keyEnd(text, pair);
    const end = Math.max(endOf(text, pair), colon);
    if (isFlow(parent)) {
      if (isEmpty(pair.value)) return splice(text, colon, end, ` ${renderFlow(value, json)}`);
      return splice(text, startOf(pair.value), end, renderLike(pair.value, value, true, json));
    }
    const isScalarNow = isScalar(pair.value) && !isEmpty(pair.value) && text[end - 1] !== "\n";
    if (
      isScalarNow &&
      (value === null || typeof value !== "object") &&
      !(typeof value === "string" && value.includes("\n"))
    ) {
      return splice(text, startOf(pair.value), end, renderLike(pair.value, value, false, json));
    }
    const rendered = renderAfterKey(value, columnOf(text, startOf(pair)));
    return splice(text, colon, end, text[end - 1] === "\n" ? `${rendered}\n` : rendered);
  }
  if (isSeq(parent)) {
    const item = parent.items[Number(step)];
    if (isFlow(parent))
      return splice(text, startOf(item), endOf(text, item), renderLike(item, value, true, json));
    const dash = dashOf(text, parent, Number(step));
    const end = Math.max(endOf(text, item), dash + 1);
    const rendered = ` ${renderItem(value, columnOf(text, dash))}`;
    return splice(text, dash + 1, end, text[end - 1] === "\n" ? `${rendered}\n` : rendered);
  }
  throw new Error("no collection holds this place");
}

/** Adds a key to a map, behind those that come before it in `order`, or at the end. */
export function insertKey(
  text: string,
  path: Path,
  key: string,
  value: unknown,
  order: readonly string[] = [],
): string {
  const document = documentOf(text);
  const json = isJson(document);
  const map = nodeAt(document, path);
  if (!isMap(map)) throw new Error("no map at this place");
  const place = order.indexOf(key);
  const before = map.items.map((pair) =>
    order.indexOf(String(isScalar(pair.key) ? pair.key.value : pair.key)),
  );
  let index = map.items.length;
  if (place >= 0) {
    const later = before.findIndex((at) => at > place);
    if (later >= 0) index = later;
  }
  if (map.items.length === 0)
    return path.length === 0 && !json
      ? `${renderKey(key, false)}:${renderAfterKey(value, 0)}\n`
      : replaceAt(text, path, { [key]: value });
  if (isFlow(map))
    return insertInFlow(text, map, index, [`${renderKey(key, json)}: ${renderFlow(value, json)}`]);
  const indent = columnOf(text, startOf(map.items[0]));
  const line = `${renderKey(key, false)}:${renderAfterKey(value, indent)}`;
  if (index === 0)
    return splice(
      text,
      startOf(map.items[0]),
      startOf(map.items[0]),
      `${line}\n${" ".repeat(indent)}`,
    );
  return insertLines(
    text,
    nextLine(text, endOf(text, map.items[index - 1])),
    " ".repeat(indent) + line,
  );
}

/** Puts values into a list before the item at `index`. */
export function insertItems(
  text: string,
  path: Path,
  index: number,
  values: readonly unknown[],
): string {
  const document = documentOf(text);
  const json = isJson(document);
  const list = nodeAt(document, path);
  if (!isSeq(list)) throw new Error("no list at this place");
  if (list.items.length === 0) return replaceAt(text, path, values);
  if (isFlow(list))
    return insertInFlow(
      text,
      list,
      index,
      values.map((value) => renderFlow(value, json)),
    );
  const indent = columnOf(text, rangeOf(list)[0]);
  const lines = values.map((value) => `- ${renderItem(value, indent)}`);
  if (index === 0) {
    const dash = dashOf(text, list, 0);
    return splice(text, dash, dash, lines.map((line) => `${line}\n${" ".repeat(indent)}`).join(""));
  }
  const at = nextLine(text, endOf(text, list.items[index - 1]));
  return insertLines(text, at, lines.map((line) => " ".repeat(indent) + line).join("\n"));
}

function insertInFlow(
  text: string,
  collection: Collection,
  index: number,
  rendered: readonly string[],
): string {
  const open = rangeOf(collection)[0];
  const first = startOf(collection.items[0]);
  // A collection that is broken over lines gets a line for what is new as well.
  const broken = text.slice(open, first).includes("\n");
  const gap = broken ? `\n${" ".repeat(columnOf(text, first))}` : " ";
  if (index === 0)
    return splice(text, first, first, rendered.map((part) => `${part},${gap}`).join(""));
  const at = endOf(text, collection.items[index - 1]);
  return splice(text, at, at, rendered.map((part) => `,${gap}${part}`).join(""));
}

/** Takes the pair or item at `index` out of a collection, with its lines. */
export function removeAt(text: string, path: Path, index: number): string {
  const collection = nodeAt(documentOf(text), path);
  if (!isCollection(collection)) throw new Error("no collection at this place");
  const items = collection.items;
  const [item, next] = [items[index], items[index + 1]];
  if (items.length === 1) return replaceAt(text, path, isMap(collection) ? {} : []);
  if (isFlow(collection as Collection)) {
    if (index === 0) return splice(text, startOf(item), startOf(next), "");
    return splice(text, endOf(text, items[index - 1]), endOf(text, item), "");
  }
  const start = isSeq(collection) ? dashOf(text, collection, index) : startOf(item);
  const from = lineStart(text, start);
  if (text.slice(from, start).trim() === "")
    return splice(text, from, nextLine(text, endOf(text, item)), "");
  // The first pair shares its line with the dash of the list around it: the next one moves up to its place.
  const following = isSeq(collection) ? dashOf(text, collection, index + 1) : startOf(next);
  return splice(text, start, following, "");
}

/** Moves an item of a list so that it stands at `to` afterwards; comments right above it go with it. */
export function moveItem(text: string, path: Path, index: number, to: number): string {
  const list = nodeAt(documentOf(text), path);
  if (!isSeq(list)) throw new Error("no list at this place");
  if (index === to || to < 0 || to >= list.items.length) return text;
  if (isFlow(list)) {
    const item = list.items[index];
    const chunk = text.slice(startOf(item), endOf(text, item));
    const without = removeAt(text, path, index);
    const rest = nodeAt(documentOf(without), path) as YAMLSeq;
    return insertInFlow(without, rest, to, [chunk]);
  }
  const spans = list.items.map((item, at) => {
    const dash = dashOf(text, list, at);
    let from = lineStart(text, dash);
    if (text.slice(from, dash).trim() !== "") return null;
    const floor = at === 0 ? 0 : nextLine(text, endOf(text, list.items[at - 1]));
    while (from > floor && /^[ \t]*#/.test(text.slice(lineStart(text, from - 1), from)))
      from = lineStart(text, from - 1);
    return { from, to: nextLine(text, endOf(text, item)) };
  });
  const span = spans[index];
  const target = spans[to];
  if (!span || !target) {
    const moved = [...(list.toJSON() as unknown[])];
    moved.splice(to, 0, ...moved.splice(index, 1));
    return replaceAt(text, path, moved);
  }
  const raw = text.slice(span.from, span.to);
  const chunk = raw.endsWith("\n") ? raw : `${raw}\n`;
  if (to < index)
    return splice(splice(text, span.from, span.to, ""), target.from, target.from, chunk);
  const end = text[target.to - 1] === "\n" ? "" : "\n";
  return splice(splice(text, target.to, target.to, end + chunk), span.from, span.to, "");
}

/** Gives the key of a pair another name and leaves its value alone. */
export function renameKey(text: string, path: Path, name: string): string {
  const document = documentOf(text);
  const parent = nodeAt(document, path.slice(0, -1));
  if (!isMap(parent)) throw new Error("no map at this place");
  const pair = pairOf(parent, String(path[path.length - 1]));
  if (!pair) throw new Error("no such key");
  return splice(
    text,
    rangeOf(pair.key)[0],
    rangeOf(pair.key)[1],
    renderKey(name, isJson(document)),
  );
}
