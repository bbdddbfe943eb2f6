import { type Reading, read } from "./document";
import { type Change, EMPTY, type History, record, redo, type Step, undo } from "./history";

/** The version that a draft grew from. */
export interface Base {
  version: number;
  etag: string;
  text: string;
  /** Steps of the history that it holds already. */
  steps?: number;
}

export interface Draft {
  text: string;
  reading: Reading;
  /** The last reading that parsed, which the grid shows while the text does not. */
  schema: Record<string, unknown>;
  history: History;
  base: Base;
  /** The last step that was undone or done again, which the views scroll to. */
  moved: Step | null;
}

interface Stored {
  text: string;
  history: History;
  base: Base;
}

const PREFIX = "modeller.draft.";

/** How many steps lie between the draft and the version that it grew from; 0 where nothing differs. */
export function changesOf({ text, base, history }: Draft): number {
  return text === base.text ? 0 : Math.max(1, Math.abs(history.done.length - (base.steps ?? 0)));
}

/**
 * The draft of one dataset: its text, its history, and a copy of both in the browser until a version is saved, so
 * that a reload, a sign-out or a crash loses nothing.
 */
export class DraftStore {
  private readonly listeners = new Set<() => void>();
  private draft: Draft;

  constructor(
    private readonly id: string,
    base: Base,
    private readonly storage: Pick<
      Storage,
      "getItem" | "setItem" | "removeItem"
    > | null = browserStorage(),
    private readonly now: () => number = Date.now,
  ) {
    const stored = this.load();
    const kept = stored ?? { text: base.text, history: EMPTY, base };
    const reading = read(kept.text);
    this.draft = {
      ...kept,
      reading,
      schema: reading.value ?? read(kept.base.text).value ?? {},
      moved: null,
    };
  }

  get = (): Draft => this.draft;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Changes the text as one step of the history, or as more of the last one while its group goes on. */
  edit = (text: string, change: Omit<Change, "time">): void => {
    if (text === this.draft.text) return;
    const history = record(this.draft.history, this.draft.text, text, {
      ...change,
      time: this.now(),
    });
    this.put({ text, history, moved: null });
  };

  undo = (): Step | undefined => this.move(undo);
  redo = (): Step | undefined => this.move(redo);

  /** What undoes the last step later on, together with all that came after it. */
  undoing = (): (() => void) => {
    const step = this.draft.history.done.at(-1);
    return () => {
      if (!step || !this.draft.history.done.includes(step)) return;
      while (this.draft.history.done.includes(step)) this.undo();
    };
  };

  /** After a version was saved: what follows is counted from it, and the browser's copy is gone. */
  saved = (base: Base): void => {
    this.put({ base: { ...base, steps: this.draft.history.done.length } });
  };

  /** Throws the draft away for a version of the server. */
  reset = (base: Base): void => {
    this.put({ text: base.text, history: EMPTY, base, moved: null });
  };

  private move(direction: typeof undo): Step | undefined {
    const moved = direction(this.draft.history, this.draft.text);
    if (!moved) return undefined;
    this.put({ text: moved.text, history: moved.history, moved: moved.step });
    return moved.step;
  }

  private put(change: Partial<Draft>): void {
    const next = { ...this.draft, ...change };
    if (next.text !== this.draft.text) {
      next.reading = read(next.text);
      next.schema = next.reading.value ?? this.draft.schema;
    }
    this.draft = next;
    this.keep();
    for (const listener of this.listeners) listener();
  }

  private load(): Stored | undefined {
    try {
      const found = this.storage?.getItem(PREFIX + this.id);
      return found ? (JSON.parse(found) as Stored) : undefined;
    } catch {
      return undefined;
    }
  }

  private keep(): void {
    const { text, history, base } = this.draft;
    try {
      if (text === base.text) this.storage?.removeItem(PREFIX + this.id);
      else
        this.storage?.setItem(
          PREFIX + this.id,
          JSON.stringify({ text, history, base } satisfies Stored),
        );
    } catch {
      // A full or forbidden store costs the copy, not the edit.
    }
  }
}

function browserStorage(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
