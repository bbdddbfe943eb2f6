import { expect, it } from "vitest";
import { sumOf } from "./pools";
import type { Pool } from "./types";

const pool = (of: Partial<Pool>): Pool => ({
  table: "t",
  columns: ["c"],
  prompt: "p",
  item: {},
  pool: 100,
  held: 0,
  state: "waiting",
  on_error: "fail",
  ...of,
});

it("pools that are filled cost nothing more", () => {
  expect(sumOf([pool({ state: "answered", held: 100 })])).toMatchObject({ calls: 0, lacking: 0 });
});

it("sums say what is not known", () => {
  const known = pool({ calls: 2, prompt_tokens: 300, completion_tokens: 700, cost_usd: 0.01 });
  expect(sumOf([known, pool({ calls: 1, prompt_tokens: 10, cost_usd: 0.02 })])).toEqual({
    calls: 3,
    tokens: 1010,
    cost: 0.03,
    isOpen: false,
    isUnpriced: false,
    lacking: 2,
  });
  expect(sumOf([known, pool({})])).toMatchObject({ calls: 2, isOpen: true, isUnpriced: false });
  expect(sumOf([pool({ calls: 1, prompt_tokens: 10 })])).toMatchObject({ isUnpriced: true });
});
