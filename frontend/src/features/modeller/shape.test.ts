import { describe, expect, it } from "vitest";
import { shapeOf, ticksOf } from "./shape";

describe("shapes", () => {
  it("counts numbers in equal widths and says their figures", () => {
    const shape = shapeOf(
      Array.from({ length: 1000 }, (_, at) => at),
      "integer",
      28,
    );
    expect(shape.bars.reduce((sum, bar) => sum + bar, 0)).toBe(1000);
    expect(new Set(shape.bars.slice(0, -1)).size).toBe(1);
    expect(shape.figures).toMatchObject({ p5: 50, median: 500, mean: 499.5, p95: 950 });
  });

  it("counts few values by value and the rest by what they share", () => {
    expect(shapeOf(["a", "b", "a", null], "string", 28)).toMatchObject({
      bars: [2, 1],
      labels: ["a", "b"],
      nulls: 1,
      count: 4,
    });
    expect(shapeOf([3, 1, 3], "integer", 28).labels).toEqual(["1", "3"]);
    const codes = Array.from(
      { length: 100 },
      (_, at) => `+51${String(10 + at)}`.slice(0, 5) + String(at).padStart(3, "0"),
    );
    expect(shapeOf(codes, "string", 28).bars.length).toBeGreaterThan(1);
  });

  it("has no bars for nothing but nulls", () => {
    expect(shapeOf([null, null], "integer", 28)).toMatchObject({
      bars: [],
      nulls: 2,
      figures: null,
    });
  });

  it("puts two to five round ticks on an axis", () => {
    expect(ticksOf(0, 8800)).toEqual([0, 2000, 4000, 6000, 8000]);
    expect(ticksOf(5, 5)).toEqual([5]);
  });
});
