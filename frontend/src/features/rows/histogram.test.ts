import { expect, it } from "vitest";
import { conditionOf } from "./histogram";
import type { Column } from "./queries";

const column = (is_number: boolean): Column => ({
  name: "n",
  type: is_number ? "integer" : "string",
  nullable: false,
  is_number,
  references: null,
  key: false,
});

it("neighbouring bars are one range, whose end only the last bar holds", () => {
  const bars = [
    { count: 1, from: "1", before: "5" },
    { count: 1, from: "5", before: "9" },
    { count: 1, from: "9", to: "13" },
  ];
  expect(conditionOf(column(true), bars.slice(0, 2))).toBe('"n" >= 1 AND "n" < 9');
  expect(conditionOf(column(true), bars)).toBe('"n" >= 1 AND "n" <= 13');
});

it("bars of values are these values", () => {
  const bars = [
    { count: 2, from: "a" },
    { count: 1, from: "b" },
  ];
  expect(conditionOf(column(false), bars)).toBe(`"n" = 'a' OR "n" = 'b'`);
  expect(conditionOf(column(false), [])).toBeNull();
});
