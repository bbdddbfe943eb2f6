import {
  insertInto,
  moveInside,
  passesAlias,
  read,
  removeValue,
  renameMapKey,
  setValue,
} from "./document";
import { isSame, type Path, parsePointer, valueAt } from "./pointer";

/** One operation of a patch (RFC 6902). */
export interface PatchOperation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

/** Applies a patch to a text, all of it or, where an operation does not fit, nothing: undefined. */
export function applyPatch(text: string, patch: readonly PatchOperation[]): string | undefined {
  let result = text;
  for (const operation of patch) {
    const next = applyOne(result, operation);
    if (next === undefined) return undefined;
    result = next;
  }
  return result;
}

function applyOne(text: string, operation: PatchOperation): string | undefined {
  const data = read(text).value;
  if (data === undefined) return undefined;
  const path = parsePointer(operation.path);
  const from = operation.from === undefined ? undefined : parsePointer(operation.from);
  switch (operation.op) {
    case "add":
      return add(text, data, path, operation.value);
    case "replace":
      return valueAt(data, path) === undefined ? undefined : setValue(text, path, operation.value);
    case "remove":
      return valueAt(data, path) === undefined ? undefined : removeValue(text, path);
    case "test":
      return isSame(valueAt(data, path), operation.value) ? text : undefined;
    case "copy":
      return from && add(text, data, path, valueAt(data, from));
    case "move": {
      const value = from && valueAt(data, from);
      if (!from || value === undefined) return undefined;
      const name = newKeyOf(operation);
      // A key that is only renamed keeps its place and what is written beside it.
      if (name !== undefined && valueAt(data, path) === undefined && !passesAlias(text, from))
        return renameMapKey(text, from, name);
      if (isInsideList(data, from, path))
        return moveInside(text, from.slice(0, -1), Number(from.at(-1)), Number(path.at(-1)));
      const removed = removeValue(text, from);
      const rest = read(removed).value;
      return rest && add(removed, rest, path, value);
    }
    default:
      return undefined;
  }
}

/** Whether an element only gets another place in its list; it keeps what is written beside it. */
function isInsideList(data: unknown, from: Path, path: Path): boolean {
  const list = valueAt(data, from.slice(0, -1));
  const to = path.at(-1);
  return (
    Array.isArray(list) &&
    isSame(from.slice(0, -1), path.slice(0, -1)) &&
    typeof to === "number" &&
    to < list.length
  );
}

/** The new name that a patch gives to a key, where that is all that it does. */
export function newKeyOf({ op, from, path }: PatchOperation): string | undefined {
  if (op !== "move" || from === undefined) return undefined;
  const [old, next] = [parsePointer(from), parsePointer(path)];
  const [key, name] = [old.at(-1), next.at(-1)];
  const stays = isSame(old.slice(0, -1), next.slice(0, -1));
  return stays && typeof key === "string" && typeof name === "string" ? name : undefined;
}

function add(text: string, data: unknown, path: Path, value: unknown): string | undefined {
  const parent = valueAt(data, path.slice(0, -1));
  if (path.length > 0 && (parent === null || typeof parent !== "object")) return undefined;
  if (!Array.isArray(parent)) return setValue(text, path, value);
  const step = path[path.length - 1];
  const index = step === "-" ? parent.length : Number(step);
  if (!Number.isInteger(index) || index < 0 || index > parent.length) return undefined;
  return insertInto(text, path.slice(0, -1), index, [value]);
}
