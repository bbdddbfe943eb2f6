/** One step of the history: a splice of the text and the words that name it. */
export interface Step {
  label: Label;
  at: number;
  removed: string;
  inserted: string;
  /** The place in the schema that the step changed; undoing it scrolls there. */
  pointer: string;
  /** Steps of the same group that follow one another within a second are one. */
  group: string | null;
  time: number;
}

/** A key of the locale files and its values, so that a step is named in the language of whoever undoes it. */
export interface Label {
  key: string;
  values?: Record<string, string | number>;
}

export interface History {
  done: readonly Step[];
  undone: readonly Step[];
}

/** Typing in one field is one step until a pause of this many milliseconds. */
export const PAUSE = 1000;
/** What the group of a drag begins with; however long it takes, it is one step. */
export const DRAG = "drag";
const LIMIT = 300;

export const EMPTY: History = { done: [], undone: [] };

export interface Change {
  label: Label;
  pointer: string;
  group?: string;
  time: number;
}

/** The smallest splice that makes one text the other. */
export function difference(
  before: string,
  after: string,
): { at: number; removed: string; inserted: string } {
  let at = 0;
  const shortest = Math.min(before.length, after.length);
  while (at < shortest && before[at] === after[at]) at += 1;
  let tail = 0;
  while (
    tail < shortest - at &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail += 1;
  return {
    at,
    removed: before.slice(at, before.length - tail),
    inserted: after.slice(at, after.length - tail),
  };
}

/** Takes a change into the history; what was undone before it is gone. */
export function record(history: History, before: string, after: string, change: Change): History {
  if (before === after) return history;
  const last = history.done[history.done.length - 1];
  const isOne =
    last !== undefined &&
    change.group !== undefined &&
    last.group === change.group &&
    (change.time - last.time < PAUSE || change.group.startsWith(DRAG)) &&
    history.undone.length === 0;
  const origin = isOne ? revert(before, last) : before;
  const done = isOne ? history.done.slice(0, -1) : history.done;
  if (origin === after) return { done, undone: [] };
  const step: Step = {
    ...difference(origin, after),
    label: change.label,
    pointer: change.pointer,
    group: change.group ?? null,
    time: change.time,
  };
  return { done: [...done, step].slice(-LIMIT), undone: [] };
}

function revert(text: string, step: Step): string {
  return text.slice(0, step.at) + step.removed + text.slice(step.at + step.inserted.length);
}

function repeat(text: string, step: Step): string {
  return text.slice(0, step.at) + step.inserted + text.slice(step.at + step.removed.length);
}

export interface Moved {
  history: History;
  text: string;
  step: Step;
}

export function undo(history: History, text: string): Moved | undefined {
  const step = history.done[history.done.length - 1];
  if (!step) return undefined;
  return {
    history: { done: history.done.slice(0, -1), undone: [...history.undone, step] },
    text: revert(text, step),
    step,
  };
}

export function redo(history: History, text: string): Moved | undefined {
  const step = history.undone[history.undone.length - 1];
  if (!step) return undefined;
  return {
    history: { done: [...history.done, step], undone: history.undone.slice(0, -1) },
    text: repeat(text, step),
    step,
  };
}
