import { describe, expect, it } from "vitest";
import { condition, joinConditions, readOrder, splitConditions, writeOrder } from "./conditions";

describe("a condition", () => {
  it("quotes names and text", () => {
    expect(condition({ name: 'a"b', is_number: false }, "=", "O'Higgins")).toBe(
      `"a""b" = 'O''Higgins'`,
    );
  });
  it("writes numbers bare only where they are some", () => {
    expect(condition({ name: "n", is_number: true }, ">=", " 1.5 ")).toBe('"n" >= 1.5');
    expect(condition({ name: "n", is_number: true }, "=", "x")).toBe(`"n" = 'x'`);
  });
  it("asks for null without a value", () => {
    expect(condition({ name: "n", is_number: true }, "null", "7")).toBe('"n" IS NULL');
  });
});

describe("a filter", () => {
  it("comes apart as it was put together", () => {
    const parts = [`"city" = 'a) AND (b'`, "f(x) > 2", '"n" IS NULL'];
    expect(splitConditions(joinConditions(parts))).toEqual(parts);
  });
  it("that was written by hand stays whole", () => {
    for (const where of ["a = 1 AND b = 2", "(a = 1) OR (b = 2)", "(a = 1) AND b = 2", "(a"]) {
      expect(splitConditions(where)).toEqual([where]);
    }
    expect(splitConditions(undefined)).toEqual([]);
  });
});

it("an order is read as it is written", () => {
  for (const order of [
    { column: "a", descending: true },
    { column: "a b", descending: false },
    { column: 'a"b', descending: true },
  ]) {
    expect(readOrder(writeOrder(order))).toEqual(order);
  }
  expect(readOrder("x ASC")).toEqual({ column: "x", descending: false });
  expect(readOrder(undefined)).toBeNull();
});
