import { describe, expect, it } from "vitest";
import { askerKey, takenBy } from "./usage";

const item = (table: string | null, column: string | null, tokens: number, cost_usd: number) => ({
  table,
  column,
  calls: 2,
  prompt_tokens: tokens,
  completion_tokens: 10,
  cost_usd,
});

describe("what a generation took", () => {
  const items = [
    item("review", "title", 100, 0.001),
    item("review", "title", 50, 0.002),
    item("review", "text, stars", 200, 0.004),
    item("other", "title", 1000, 1),
  ];

  it("is told by column", () => {
    expect(takenBy(items, { table: "review", columns: ["title"] }, true)).toEqual({
      calls: 4,
      prompt_tokens: 150,
      completion_tokens: 20,
      cost_usd: 0.003,
    });
    const shared = takenBy(items, { table: "review", columns: ["text", "stars"] }, true);
    expect(shared.prompt_tokens).toBe(200);
    const kept = takenBy(items, { table: "review", columns: ["mood"] }, true);
    expect(kept).toEqual({ calls: 0, prompt_tokens: 0, completion_tokens: 0, cost_usd: 0 });
  });

  it("has no cost where the price is not known", () => {
    expect(takenBy(items, { table: "review", columns: ["title"] }, false).cost_usd).toBeNull();
  });

  it("is told as what asked for it", () => {
    expect(askerKey({ asked_by: "assistant" })).toBe("assistant.title");
    expect(askerKey({ asked_by: "command" })).toBe("llm.usage.command");
    expect(askerKey({ asked_by: "generation" })).toBe("llm.usage.noGeneration");
  });
});
