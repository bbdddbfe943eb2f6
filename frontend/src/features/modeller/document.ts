import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, type Node, visit } from "yaml";
import { formatPointer, isRecord, isSame, type Path, parsePointer, valueAt } from "./pointer";
import {
  documentOf,
  endOf,
  insertItems,
  insertKey,
  moveItem,
  nodeAt,
  pairOf,
  removeAt,
  renameKey,
  replaceAt,
} from "./splice";

/** A mistake of the syntax, with its place in the text. */
export interface SyntaxProblem {
  /** The parser's word for the kind of mistake. */
  code: string;
  detail: string;
  from: number;
  to: number;
}

export interface Reading {
  /** The schema as plain data; undefined where the text does not parse. */
  value: Record<string, unknown> | undefined;
  errors: SyntaxProblem[];
}

/** Reads a text. A document that is not a map is no schema, and says so as a syntax problem would. */
export function read(text: string): Reading {
  const document = documentOf(text);
  const errors = document.errors.map((error) => ({
    code: error.code as string,
    detail: error.message,
    from: error.pos[0],
    to: Math.max(error.pos[1], error.pos[0] + 1),
  }));
  if (errors.length > 0) return { value: undefined, errors };
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (isRecord(value)) return { value, errors };
    return {
      value: undefined,
      errors: [
        {
          code: "NO_MAP",
          detail: "a schema is a map of keys",
          from: 0,
          to: Math.min(1, text.length),
        },
      ],
    };
  } catch (error) {
    return {
      value: undefined,
      errors: [
        {
          code: "ALIASES",
          detail: error instanceof Error ? error.message : String(error),
          from: 0,
          to: 1,
        },
      ],
    };
  }
}

export interface SetOptions {
  /** The order that the keys of the innermost map are written in. */
  order?: readonly string[];
}

/** Sets a value; only what differs is rewritten, and maps on the way that are missing are made. */
export function setValue(
  text: string,
  path: Path,
  value: unknown,
  options: SetOptions = {},
): string {
  const document = documentOf(text);
  const node = nodeAt(document, path);
  if (node === undefined) return insertValue(text, path, value, options);
  if (passesAlias(text, path)) return detach(text, path, value);
  const current = node === null ? null : plain(node, text);
  if (isSame(current, value)) return text;
  if (isMap(node) && isRecord(value) && node.items.length > 0 && Object.keys(value).length > 0)
    return mergeMap(text, path, current as Record<string, unknown>, value, options);
  if (isSeq(node) && Array.isArray(value) && node.items.length > 0 && value.length > 0)
    return mergeList(text, path, current as unknown[], value);
  return replaceAt(text, path, value);
}

function plain(node: Node, text: string): unknown {
  return node.toJS(documentOf(text));
}

function insertValue(text: string, path: Path, value: unknown, options: SetOptions): string {
  const document = documentOf(text);
  let depth = path.length - 1;
  while (depth > 0 && !isCollection(nodeAt(document, path.slice(0, depth)))) depth -= 1;
  const parent = path.slice(0, depth);
  const step = path[depth];
  const nested = path
    .slice(depth + 1)
    .reduceRight<unknown>(
      (inner, key) => (typeof key === "number" ? [inner] : { [key]: inner }),
      value,
    );
  const node = nodeAt(document, parent);
  if (isSeq(node))
    return insertItems(text, parent, Math.min(Number(step), node.items.length), [nested]);
  if (isMap(node)) {
    const pair = pairOf(node, String(step));
    if (pair) return replaceAt(text, [...parent, step as string], nested);
    return insertKey(
      text,
      parent,
      String(step),
      nested,
      depth === path.length - 1 ? options.order : undefined,
    );
  }
  return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${insertKey("{}", [], String(step), nested)}`;
}

function mergeMap(
  text: string,
  path: Path,
  current: Record<string, unknown>,
  value: Record<string, unknown>,
  options: SetOptions,
): string {
  let result = text;
  // What is new comes first, so that a map whose keys are all exchanged never stands empty in between.
  for (const [key, item] of Object.entries(value)) {
    result = setValue(result, [...path, key], item, { order: options.order ?? Object.keys(value) });
  }
  for (const key of Object.keys(current))
    if (!(key in value)) result = removeValue(result, [...path, key]);
  return result;
}

function mergeList(text: string, path: Path, current: unknown[], value: unknown[]): string {
  let head = 0;
  while (head < Math.min(current.length, value.length) && isSame(current[head], value[head]))
    head += 1;
  let tail = 0;
  while (
    tail < Math.min(current.length, value.length) - head &&
    isSame(current[current.length - 1 - tail], value[value.length - 1 - tail])
  )
    tail += 1;
  const gone = current.length - head - tail;
  const come = value.length - head - tail;
  let result = text;
  for (let index = 0; index < Math.min(gone, come); index += 1)
    result = setValue(result, [...path, head + index], value[head + index]);
  if (come > gone)
    return insertItems(result, path, head + gone, value.slice(head + gone, head + come));
  for (let index = gone - 1; index >= come; index -= 1)
    result = removeAt(result, path, head + index);
  return result;
}

/** Removes a value with its key; nothing happens where nothing stands. */
export function removeValue(text: string, path: Path): string {
  const document = documentOf(text);
  const parent = nodeAt(document, path.slice(0, -1));
  const step = path[path.length - 1];
  if (passesAlias(text, path)) {
    const holder = structuredClone(parent ? plain(parent as Node, text) : undefined);
    if (Array.isArray(holder)) holder.splice(Number(step), 1);
    else if (isRecord(holder)) delete holder[String(step)];
    return detach(text, path.slice(0, -1), holder);
  }
  if (isMap(parent)) {
    const pair = pairOf(parent, String(step));
    return pair ? removeAt(text, path.slice(0, -1), parent.items.indexOf(pair)) : text;
  }
  if (isSeq(parent) && Number(step) < parent.items.length)
    return removeAt(text, path.slice(0, -1), Number(step));
  return text;
}

/** Puts values into the list at `path`, which is made where it is missing. */
export function insertInto(
  text: string,
  path: Path,
  index: number,
  values: readonly unknown[],
): string {
  if (values.length === 0) return text;
  const node = nodeAt(documentOf(text), path);
  if (passesAlias(text, [...path, 0])) {
    const list = [...(plain(node as Node, text) as unknown[])];
    list.splice(index, 0, ...values);
    return detach(text, path, list);
  }
  if (isSeq(node)) return insertItems(text, path, index, values);
  return setValue(text, path, [...values]);
}

export function moveInside(text: string, path: Path, index: number, to: number): string {
  return moveItem(text, path, index, to);
}

export function renameMapKey(text: string, path: Path, name: string): string {
  return renameKey(text, path, name);
}

/** Whether a place is reached through an alias, so that others share its text. */
export function passesAlias(text: string, path: Path): boolean {
  const document = documentOf(text);
  return path.some((_, depth) => isAlias(nodeAt(document, path.slice(0, depth))));
}

/** A change behind an alias would change every place that shares it, so this place gets a copy of its own. */
function detach(text: string, path: Path, value: unknown): string {
  const document = documentOf(text);
  const depth = path.findIndex((_, at) => isAlias(nodeAt(document, path.slice(0, at))));
  const alias = nodeAt(document, path.slice(0, depth < 0 ? path.length : depth)) as Node;
  const copy = structuredClone(plain(alias, text)) as unknown;
  const rest = depth < 0 ? [] : path.slice(depth);
  if (rest.length === 0) return replaceAt(text, path, value);
  const holder = valueAt(copy, rest.slice(0, -1)) as Record<string, unknown>;
  holder[String(rest[rest.length - 1])] = value;
  return replaceAt(text, path.slice(0, depth), copy);
}

export interface Place {
  from: number;
  to: number;
}

/**
 * Where a pointer stands in the text: the value itself, the key of a collection in blocks, or, where nothing
 * stands, the nearest thing around it. `atKey` is for what is said of the key and not of its value.
 */
export function placeOf(text: string, pointer: string, atKey = false): Place {
  const document = documentOf(text);
  const path = parsePointer(pointer);
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node = nodeAt(document, path.slice(0, depth));
    if (node === undefined) continue;
    const parent = nodeAt(document, path.slice(0, depth - 1));
    const pair = isMap(parent) ? pairOf(parent, String(path[depth - 1])) : undefined;
    const isBlock = isCollection(node) && node.flow !== true;
    const range = node?.range;
    const keyRange = pair && isScalar(pair.key) ? pair.key.range : undefined;
    const isAtKey = atKey && depth === path.length && keyRange;
    if (range && range[1] > range[0] && !isBlock && !isAtKey)
      return {
        from: range[0],
        to: text[range[1] - 1] === "\n" ? lineEnd(text, range[0]) : range[1],
      };
    if (keyRange) return { from: keyRange[0], to: keyRange[1] };
    if (range) return { from: range[0], to: lineEnd(text, range[0]) };
  }
  return { from: 0, to: lineEnd(text, 0) };
}

function lineEnd(text: string, at: number): number {
  const found = text.indexOf("\n", at);
  return Math.max(at, found < 0 ? text.length : found);
}

/** The whole span of a value, for the view that scrolls to it. */
export function spanOf(text: string, pointer: string): Place | undefined {
  const node = nodeAt(documentOf(text), parsePointer(pointer));
  return node?.range ? { from: node.range[0], to: endOf(text, node) } : undefined;
}

/** Line and column, both from 1, of an offset. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - (before.lastIndexOf("\n") + 1) + 1 };
}

/** The pointer of the innermost value around an offset. */
export function pointerAt(text: string, offset: number): string {
  const document = documentOf(text);
  let found: Path = [];
  visit(document, {
    Node(_, node, ancestors) {
      const range = node.range;
      if (!range || offset < range[0] || offset > range[2]) return undefined;
      const path: (string | number)[] = [];
      const chain = [...ancestors, node];
      chain.forEach((entry, index) => {
        const inner = chain[index + 1];
        if (isSeq(entry)) path.push(entry.items.indexOf(inner as never));
        else if (isPair(entry))
          path.push(String(isScalar(entry.key) ? entry.key.value : entry.key));
      });
      if (path.length >= found.length) found = path;
      return undefined;
    },
  });
  return formatPointer(found);
}
