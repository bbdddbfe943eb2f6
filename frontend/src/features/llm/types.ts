import type { Schemas } from "@/api/client";
import type { Problem } from "@/api/problem";

/** What language models took: of a call, a generation, or all of them. */
export interface Taken {
  calls: number;
  prompt_tokens: number;
  completion_tokens: number;
  /** Null where no price is known. */
  cost_usd?: number | null;
}

export interface LlmStatus {
  /** Whether the server has a key of its own. */
  configured: boolean;
  model: string;
  base_url_host: string;
  budget_usd?: number | null;
  price_known: boolean;
}

export type Pool = Schemas["PoolReport"];

/** Something to know of columns, beside what is proved of them. */
export type DataNote = Schemas["Note"];

/** What filling a pool gave. */
export interface PoolOutcome {
  table: string;
  columns: string[];
  answers: number;
  duplicates?: number;
  invalid?: number;
  refusals?: number;
  /** Questions to which the model had fewer answers than were wanted. */
  exhausted?: number;
  /** Questions without answers, whose rows another generator fills, and why. */
  failed?: number;
  failure?: string | null;
}

export type GenerationLlm = Taken & { pools?: PoolOutcome[] };

/** What the assistant proposes: a whole schema. */
export interface SchemaProposal {
  schema_text: string;
  name?: string | null;
  is_sound: boolean;
  rounds: number;
  problems: Problem[];
  chosen: string[];
  /** Why there was no further round. */
  stopped?: string | null;
  usage: Taken;
}

/** A column or a rule, to be put into a table. */
export interface ElementProposal {
  column?: Record<string, unknown> | null;
  rule?: Record<string, unknown> | null;
  is_sound: boolean;
  rounds: number;
  problems: Problem[];
  chosen?: string[];
  stopped?: string | null;
  usage: Taken;
}

/** How far the pools of a generation are filled. */
export interface AnswersProgress {
  /** Answers that are there. */
  done: number;
  /** Answers that are wanted. */
  wanted: number;
  /** Calls that were made. */
  calls: number;
}
