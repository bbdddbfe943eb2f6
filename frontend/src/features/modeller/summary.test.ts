import { describe, expect, it } from "vitest";
import { brief, summarize } from "./summary";

const write = { number: String, percent: (share: number) => `${Math.round(share * 100)}%` };
const words = (raw: Record<string, unknown>, required: string[] = []) =>
  summarize(raw, required, write)
    .map((part) => [part.name, part.text].filter(Boolean).join(" "))
    .join(" · ");

describe("parameters in words", () => {
  it("makes spans, shares and plain values", () => {
    expect(words({ type: "a", start: "2020-01-01", end: "2025-12-31" })).toBe(
      "2020-01-01 … 2025-12-31",
    );
    expect(words({ type: "b", values: ["new", "old"], weights: [7, 3] })).toBe("new 70% · old 30%");
    expect(words({ type: "b", weights: { x: 1, y: 3 } })).toBe("x 25% · y 75%");
    expect(words({ type: "c", mean: 6, std: 4.2, min: 0 })).toBe("mean 6 · std 4.2 · min 0");
    expect(words({ type: "d", from: "a", min: 5, max: 60 }, ["from"])).toBe("a · 5 … 60");
    expect(words({ type: "e" })).toBe("");
  });

  it("says nested values in short", () => {
    expect(brief({ sql: "a + 1" })).toBe("a + 1");
    expect(
      brief([
        ["a", 1],
        ["b", 2],
      ]),
    ).toBe("a / 1, b / 2");
    expect(brief({ type: "constant", value: 1 })).toBe("constant");
    expect(brief(null)).toBe("null");
  });
});
