import { describe, expect, it } from "vitest";
import { parseScalar, scalarText, stepOf } from "./scalar";

describe("scalars", () => {
  it("steps by the last place that is shown", () => {
    expect(stepOf(0.45, false)).toBe(0.01);
    expect(stepOf(0.45, true)).toBe(1);
    expect(stepOf(3200, false)).toBe(1);
  });

  it("reads text as the language does", () => {
    expect(
      ["5", "007", "true", "", "1.50", "x", "9007199254740993", '"5"'].map(parseScalar),
    ).toEqual([5, "007", true, null, 1.5, "x", "9007199254740993", "5"]);
    for (const value of ["5", "true", "plain", 5, false, "007"])
      expect(parseScalar(scalarText(value))).toBe(value);
  });
});
