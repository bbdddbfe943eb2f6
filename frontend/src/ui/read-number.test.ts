import { expect, it } from "vitest";
import { readNumber } from "./read-number";

it("reads numbers as people type them", () => {
  expect(["3200", "3,200", "1.2k", " 3 200 ", "-.5", "1e3", "2M"].map(readNumber)).toEqual([
    3200, 3200, 1200, 3200, -0.5, 1000, 2_000_000,
  ]);
});

it("takes nothing else for a number", () => {
  expect(["", "x", "1.2.3", "k", "1x", "--1"].map(readNumber)).toEqual([
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
});
