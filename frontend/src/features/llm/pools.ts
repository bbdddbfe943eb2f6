import type { Pool } from "./types";

/** What filling some pools takes, and whether everything of it is known. */
export interface PoolSums {
  calls: number;
  tokens: number;
  cost: number;
  /** Some pool's calls cannot be told before its rows are made. */
  isOpen: boolean;
  /** Some pool has tokens but no price. */
  isUnpriced: boolean;
  /** Pools that lack answers. */
  lacking: number;
}

/** Whether a pool lacks answers that rows want. */
export function lacks(pool: Pool): boolean {
  return pool.state !== "answered";
}

export function sumOf(pools: readonly Pool[]): PoolSums {
  const sums = { calls: 0, tokens: 0, cost: 0, isOpen: false, isUnpriced: false, lacking: 0 };
  for (const pool of pools) {
    if (!lacks(pool) && !pool.calls) continue;
    sums.lacking += 1;
    if (pool.calls == null) sums.isOpen = true;
    sums.calls += pool.calls ?? 0;
    const tokens = (pool.prompt_tokens ?? 0) + (pool.completion_tokens ?? 0);
    sums.tokens += tokens;
    sums.cost += pool.cost_usd ?? 0;
    if (tokens > 0 && pool.cost_usd == null) sums.isUnpriced = true;
  }
  return sums;
}
