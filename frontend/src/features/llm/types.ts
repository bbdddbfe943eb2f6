import type { Schemas } from "@/api/client";

/** What language models took: of a question, a generation, or all of them. */
export type Taken = Schemas["LlmTaken"];

export type Pool = Schemas["PoolReport"];
