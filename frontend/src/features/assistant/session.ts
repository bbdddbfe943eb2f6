import { useSyncExternalStore } from "react";
import type { Schemas } from "@/api/client";
import { postEvents, type ServerEvent } from "@/api/events";
import { ApiProblem, asProblem, type Problem } from "@/api/problem";
import { sessionState, subscribeSession } from "@/api/session";
import { keyHeaders } from "@/features/llm/session-key";
import type { Sample } from "./samples";

/** One wish and what came of it. */
export interface Turn {
  id: number;
  words: string;
  state: "asking" | "answered" | "failed" | "stopped";
  /** The round that is under way, from 1. */
  round: number;
  /** What was heard of this round's answer. */
  heard: string;
  /** What the plan said of the last round that it was asked about, and which that was. */
  problems: Problem[];
  problemsOf: number;
  proposal: Schemas["SchemaProposal"] | null;
  error: ApiProblem | null;
  /** What became of the proposal. */
  outcome: "open" | "applied" | "discarded";
  /** How many changes were applied. */
  applied: number;
  /** Pieces that are not wanted, by their ids. */
  refused: ReadonlySet<string>;
}

export interface Wish {
  words: string;
  /** The schema that the pieces count from. */
  base: string | null;
  /** The schema that the model is shown, where it is another: a proposal that was not applied yet. */
  present?: string | null;
  /** Names and types of files' columns, where somebody gave some. */
  samples?: readonly Sample[];
}

/**
 * The conversation about one dataset. It goes on while other views are open, and is forgotten with the page: what was taken of it is
 * in the schema.
 */
export class AssistantSession {
  private turns: readonly Turn[] = [];
  private readonly listeners = new Set<() => void>();
  private abort: AbortController | null = null;
  /** US dollars that one question may cost, where somebody says so. */
  ceilingUsd: number | null = null;

  get = (): readonly Turn[] => this.turns;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Asks; the answer is a proposal and changes nothing. */
  ask = async ({ words, base, present = base, samples = [] }: Wish): Promise<void> => {
    this.stop();
    const id = (this.turns.at(-1)?.id ?? 0) + 1;
    const turn: Turn = {
      id,
      words,
      state: "asking",
      round: 1,
      heard: "",
      problems: [],
      problemsOf: 0,
      proposal: null,
      error: null,
      outcome: "open",
      applied: 0,
      refused: new Set(),
    };
    // A proposal that is changed by further words lives on in what comes of them.
    this.put([...this.turns, turn]);
    const abort = new AbortController();
    this.abort = abort;
    try {
      await postEvents(
        "/api/v1/assistant/schema",
        {
          words,
          schema_text: present,
          ...(present === base ? {} : { base_text: base }),
          ...(samples.length > 0 ? { samples: [...samples] } : {}),
          ...(this.ceilingUsd === null ? {} : { ceiling_usd: this.ceilingUsd }),
        } satisfies Schemas["SchemaWish"],
        keyHeaders(),
        (event) => this.change(id, (now) => hear(now, event)),
        abort.signal,
      );
      this.change(id, (now) =>
        now.state === "asking"
          ? { state: "failed", error: new ApiProblem(0, { code: "unreachable" }) }
          : {},
      );
    } catch (error) {
      this.change(id, () =>
        abort.signal.aborted ? { state: "stopped" } : { state: "failed", error: asProblem(error) },
      );
    } finally {
      if (this.abort === abort) this.abort = null;
    }
  };

  /** Gives up the question that is under way. */
  stop = (): void => this.abort?.abort();

  /** Takes a piece of a proposal or leaves it. */
  choose = (id: number, pieces: readonly string[], wanted: boolean): void => {
    this.change(id, (turn) => {
      const refused = new Set(turn.refused);
      for (const piece of pieces) {
        if (wanted) refused.delete(piece);
        else refused.add(piece);
      }
      return { refused };
    });
  };

  settle = (id: number, outcome: Turn["outcome"], applied = 0): void => {
    this.change(id, () => ({ outcome, applied }));
  };

  private change(id: number, make: (turn: Turn) => Partial<Turn>): void {
    this.put(this.turns.map((turn) => (turn.id === id ? { ...turn, ...make(turn) } : turn)));
  }

  private put(turns: readonly Turn[]): void {
    this.turns = turns;
    for (const listener of this.listeners) listener();
  }
}

/** What an event of the stream makes of a turn. */
export function hear(turn: Turn, { event, data }: ServerEvent): Partial<Turn> {
  const value = JSON.parse(data) as never;
  switch (event) {
    case "round":
      return { round: (value as { round: number }).round, heard: "" };
    case "delta":
      return { heard: turn.heard + (value as { text: string }).text };
    case "problem":
      return {
        problems: turn.problemsOf === turn.round ? [...turn.problems, value] : [value],
        problemsOf: turn.round,
      };
    case "result":
      return { state: "answered", proposal: value };
    case "error": {
      const problem = value as { status?: number };
      return { state: "failed", error: new ApiProblem(problem.status ?? 424, value) };
    }
    default:
      return {};
  }
}

/** The last proposal that waits for a decision. */
export function openTurn(turns: readonly Turn[]): Turn | undefined {
  const last = turns.findLast((turn) => turn.proposal !== null);
  return last?.outcome === "open" ? last : undefined;
}

const sessions = new Map<string, AssistantSession>();
subscribeSession(() => {
  if (sessionState().user !== null) return;
  for (const session of sessions.values()) session.stop();
  sessions.clear();
});

/** The conversation about a dataset, by its id. */
export function sessionOf(id: string): AssistantSession {
  const known = sessions.get(id) ?? new AssistantSession();
  sessions.set(id, known);
  return known;
}

export function forgetSession(id: string): void {
  sessions.get(id)?.stop();
  sessions.delete(id);
}

export function useTurns(session: AssistantSession): readonly Turn[] {
  return useSyncExternalStore(session.subscribe, session.get);
}
