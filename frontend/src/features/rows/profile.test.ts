import { describe, expect, it } from "vitest";
import { barsOf, type ColumnProfile, estimated, summaryOf } from "./profile";

const column = (more: Partial<ColumnProfile>): ColumnProfile => ({
  name: "c",
  type: "integer",
  count: 4,
  nulls: 0,
  ...more,
});

describe("the summary of a profile", () => {
  it("of numbers has the ranges of all rows, each up to the next", () => {
    const profile = column({
      nulls: 1,
      distinct: { count: 3, approximate: false },
      min: 1,
      max: 10,
      histogram: {
        approximate: false,
        bins: [
          { from: 1, to: 5, count: 3 },
          { from: 6, to: 10, count: 1 },
        ],
      },
    });
    expect(summaryOf(profile)).toEqual({
      bars: [
        { count: 3, from: "1", before: "6" },
        { count: 1, from: "6", to: "10" },
      ],
      kind: "range",
      least: "1",
      most: "10",
      distinct: 3,
      approximate: false,
      nulls: 0.2,
    });
    expect(estimated(profile)).toBe(false);
  });
  it("of texts has the most frequent values", () => {
    const values = ["b", "a"].map((value, at) => ({ value, count: 3 - 2 * at }));
    const profile = column({
      type: "string",
      distinct: { count: 2, approximate: false },
      top: { approximate: false, values },
    });
    expect(summaryOf(profile)).toMatchObject({ kind: "values", most: "b", distinct: 2 });
    expect(barsOf(profile)[1]).toEqual({ count: 1, from: "a" });
  });
  it("says unique only where that was counted", () => {
    const exact = column({ type: "string", distinct: { count: 4, approximate: false } });
    expect(summaryOf(exact).kind).toBe("unique");
    const about = column({ type: "string", distinct: { count: 4, approximate: true } });
    expect(summaryOf(about)).toMatchObject({ kind: "values", approximate: true, bars: [] });
    expect(estimated(about)).toBe(true);
  });
  it("of nothing but null says so", () => {
    expect(summaryOf(column({ count: 0, nulls: 3 }))).toMatchObject({ kind: "nulls", nulls: 1 });
    expect(summaryOf(column({ count: 0 }))).toMatchObject({ kind: "nulls", nulls: 0 });
  });
});
