import type { Schemas } from "@/api/client";
import type { PatchOperation } from "@/features/modeller/patch";
import { formatPointer, isRecord, isSame, type Path } from "@/features/modeller/pointer";

/*
 * What a proposal changes, in pieces that a person takes or leaves. The server says which they are; here they are done to the draft, as
 * it is written. Elements of lists are told by their names, not by their places, so that a piece still fits after others were left
 * out, or after the draft went on.
 */

type Told = Schemas["Piece"];
export type Kind = Told["kind"];

export interface Piece extends Omit<Told, "path"> {
  /** Where it stands, as a pointer by names: `/tables/order/columns/total`. */
  id: string;
  /** The same, step by step. */
  names: readonly string[];
}

/** The pieces of a proposal. */
export function piecesOf(told: readonly Told[]): Piece[] {
  return told.map(({ path, ...rest }) => ({ ...rest, id: formatPointer(path), names: path }));
}

type Item = Record<string, unknown>;

/** What an element is called: its name, its id, or what it refers to. */
function nameOf(item: unknown): string | undefined {
  if (!isRecord(item)) return undefined;
  const references = isRecord(item.references) ? item.references.table : undefined;
  const name = item.name ?? item.id ?? references;
  return typeof name === "string" ? name : undefined;
}

export interface Patched {
  operations: PatchOperation[];
  /** Pieces for which the schema has no place any more. */
  unfit: Piece[];
}

/** The patch (RFC 6902) that does some pieces to a schema. */
export function patchOf(present: Item, pieces: readonly Piece[]): Patched {
  const value = structuredClone(present);
  const operations: PatchOperation[] = [];
  const unfit: Piece[] = [];
  for (const piece of pieces) {
    const done = apply(value, piece);
    if (done === undefined) unfit.push(piece);
    else operations.push(...done);
  }
  return { operations, unfit };
}

/** Does a piece to plain data and says how; undefined where it has no place. */
function apply(root: Item, piece: Piece): PatchOperation[] | undefined {
  if (piece.kind === "order") {
    const list = resolve(root, piece.names);
    return list && Array.isArray(list.value)
      ? reorder(list.value, list.path, piece.after as string[])
      : undefined;
  }
  const step = piece.names.at(-1) ?? "";
  const parent = resolve(root, piece.names.slice(0, -1));
  if (parent === undefined || parent.value === undefined || parent.value === null)
    return piece.kind === "add" ? addWithParent(root, piece, step) : undefined;
  if (Array.isArray(parent.value)) return applyToList(parent.value, parent.path, piece, step);
  if (!isRecord(parent.value)) return undefined;
  const map = parent.value;
  const path = formatPointer([...parent.path, step]);
  if (piece.kind === "remove") {
    if (!(step in map)) return [];
    delete map[step];
    return [{ op: "remove", path }];
  }
  const exists = step in map;
  if (piece.kind === "change" && !exists) return undefined;
  map[step] = exists ? merge(map[step], piece.before, piece.after) : piece.after;
  return [{ op: exists ? "replace" : "add", path, value: map[step] }];
}

function applyToList(
  items: unknown[],
  path: Path,
  piece: Piece,
  step: string,
): PatchOperation[] | undefined {
  const at = items.findIndex((item) => nameOf(item) === step);
  const pointer = (index: number) => formatPointer([...path, index]);
  if (piece.kind === "remove") {
    if (at < 0) return [];
    items.splice(at, 1);
    return [{ op: "remove", path: pointer(at) }];
  }
  if (at >= 0) {
    items[at] = merge(items[at], piece.before, piece.after);
    return [{ op: "replace", path: pointer(at), value: items[at] }];
  }
  if (piece.kind === "change") return undefined;
  // Where the one before it was not taken, it stands last.
  const before = items.findIndex((item) => nameOf(item) === piece.behind);
  const index = piece.behind === null ? 0 : before < 0 ? items.length : before + 1;
  items.splice(index, 0, piece.after);
  return [{ op: "add", path: pointer(index), value: piece.after }];
}

/** The first element of a list or a map that the schema does not have yet. */
function addWithParent(root: Item, piece: Piece, step: string): PatchOperation[] | undefined {
  const key = piece.names.at(-2);
  const holder = resolve(root, piece.names.slice(0, -2));
  if (key === undefined || !isRecord(holder?.value)) return undefined;
  const value = piece.behind === undefined ? { [step]: piece.after } : [piece.after];
  holder.value[key] = value;
  const path = formatPointer([...holder.path, key]);
  return [{ op: "add", path, value: structuredClone(value) }];
}

/** What a change makes of a value that may itself have changed since: only the keys that it is about become others. */
function merge(present: unknown, before: unknown, after: unknown): unknown {
  if (isSame(present, before) || !isRecord(present) || !isRecord(before) || !isRecord(after))
    return after;
  const merged = { ...present };
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (isSame(before[key], after[key])) continue;
    if (key in after) merged[key] = merge(present[key], before[key], after[key]);
    else delete merged[key];
  }
  return merged;
}

/** Moves the named elements into their order; those that it does not name stay where they are. */
function reorder(items: unknown[], path: Path, order: readonly string[]): PatchOperation[] {
  const rank = (item: unknown) => order.indexOf(nameOf(item) ?? "");
  const sorted = items
    .filter((item) => rank(item) >= 0)
    .sort((a, b) => rank(a) - rank(b))
    .values();
  const wanted = items.map((item) => (rank(item) >= 0 ? sorted.next().value : item));
  const operations: PatchOperation[] = [];
  for (let to = 0; to < items.length; to += 1) {
    const from = items.indexOf(wanted[to]);
    if (from === to) continue;
    items.splice(to, 0, ...items.splice(from, 1));
    operations.push({
      op: "move",
      from: formatPointer([...path, from]),
      path: formatPointer([...path, to]),
    });
  }
  return operations;
}

/** Where a path by names leads to. */
function resolve(root: Item, names: readonly string[]): { value: unknown; path: Path } | undefined {
  let value: unknown = root;
  const path: (string | number)[] = [];
  for (const name of names) {
    if (Array.isArray(value)) {
      const at = value.findIndex((item) => nameOf(item) === name);
      if (at < 0) return undefined;
      path.push(at);
      value = value[at];
    } else if (isRecord(value)) {
      path.push(name);
      value = value[name];
    } else return undefined;
  }
  return { value, path };
}

/** The pointer by places of a path by names, as far as the schema has it. */
export function placeIn(schema: Item, names: readonly string[]): string {
  for (let length = names.length; length > 0; length -= 1) {
    const found = resolve(schema, names.slice(0, length));
    if (found?.value !== undefined) return formatPointer(found.path);
  }
  return "";
}

/** The table that a piece is about or in. */
export function tableOf(piece: Piece): string | undefined {
  return piece.names[0] === "tables" ? piece.names[1] : undefined;
}
