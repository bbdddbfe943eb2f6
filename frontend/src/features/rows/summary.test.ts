import { describe, expect, it } from "vitest";
import { summarise } from "./summary";

describe("the summary of a column", () => {
  it("of few whole numbers has a bar each", () => {
    expect(summarise([1, 2, 2, 4, null], "integer", true)).toEqual({
      bars: [
        { count: 1, from: "1", before: "2" },
        { count: 2, from: "2", before: "3" },
        { count: 0, from: "3", before: "4" },
        { count: 1, from: "4", to: "4" },
      ],
      kind: "range",
      least: "1",
      most: "4",
      distinct: 3,
      nulls: expect.closeTo(0.2),
    });
  });
  it("of decimals and dates shares the line evenly", () => {
    const decimals = summarise(["0.00", "9.99", "100.00"], "decimal(8,2)", true);
    expect(decimals.bars).toHaveLength(18);
    expect(decimals.bars.reduce((sum, bar) => sum + bar.count, 0)).toBe(3);
    expect(decimals.bars[0]).toEqual({ count: 1, from: "0", before: "5.55555555556" });
    const dates = summarise(["2024-01-01", "2024-12-31"], "date", false);
    expect(dates.bars[1]?.from).toBe("2024-01-21");
    expect(dates.bars.at(-1)?.to).toBe("2024-12-31");
    expect(dates).toMatchObject({
      kind: "range",
      least: "2024-01-01",
      most: "2024-12-31",
    });
  });
  it("of few days has a bar each", () => {
    expect(summarise(["2024-02-28", "2024-03-01"], "date", false).bars).toEqual([
      { count: 1, from: "2024-02-28", before: "2024-02-29" },
      { count: 0, from: "2024-02-29", before: "2024-03-01" },
      { count: 1, from: "2024-03-01", to: "2024-03-01" },
    ]);
  });
  it("of text counts the most frequent values", () => {
    expect(summarise(["b", "a", "b"], "string", false)).toMatchObject({
      bars: [
        { count: 2, from: "b" },
        { count: 1, from: "a" },
      ],
      kind: "values",
      most: "b",
      distinct: 2,
    });
    expect(summarise(["b", "a"], "string", false).kind).toBe("unique");
  });
  it("of nothing but null says so", () => {
    expect(summarise([null, undefined], "string", false)).toMatchObject({
      kind: "nulls",
      nulls: 1,
    });
    expect(summarise([], "string", false)).toMatchObject({ kind: "nulls", nulls: 0 });
  });
});
