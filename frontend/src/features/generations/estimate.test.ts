import { describe, expect, it } from "vitest";
import { drawSeed, estimate } from "./estimate";

describe("the estimate", () => {
  it("grows with rows and columns", () => {
    const small = estimate([{ rows: 1000, columns: 5 }]);
    const large = estimate([{ rows: 2000, columns: 10 }]);
    expect(large.seconds).toBeCloseTo(small.seconds * 4);
    expect(large.bytes).toBe(small.bytes * 4);
  });
  it("goes by what was measured where there is something", () => {
    expect(estimate([{ rows: 500, columns: 3 }], 100).seconds).toBe(5);
  });
});

it("a drawn seed is a safe whole number", () => {
  for (let n = 0; n < 1000; n++) {
    const seed = drawSeed();
    expect(Number.isSafeInteger(seed) && seed >= 0).toBe(true);
  }
});
