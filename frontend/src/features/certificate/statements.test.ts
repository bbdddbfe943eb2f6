import { describe, expect, it } from "vitest";
import { arrange, type Statement, splitSql } from "./statements";

const statement = (id: string, kind: string, table: string, broken = 0): Statement => ({
  id,
  kind,
  table,
  statement: `${id} holds`,
  checked: 10,
  broken,
  examples: [],
});

const all = [
  statement("type:a.x", "type", "a"),
  statement("primary-key:a", "primary-key", "a"),
  statement("sane", "check", "a"),
  statement("fits", "check", "b", 2),
  statement("unique:b.y", "unique", "b"),
];

describe("the order of statements", () => {
  it("puts what is broken first, then rules, keys and values", () => {
    const order = arrange(all, { group: "all", search: "" });
    expect(order.map(({ table, statements }) => [table, statements.map(({ id }) => id)])).toEqual([
      ["b", ["fits", "unique:b.y"]],
      ["a", ["sane", "primary-key:a", "type:a.x"]],
    ]);
  });
  it("keeps only what matches", () => {
    expect(arrange(all, { group: "keys", search: "B.Y" })).toEqual([
      { table: "b", statements: [all[4]] },
    ]);
    expect(arrange(all, { group: "values", search: "fits" })).toEqual([]);
  });
});

it("finds the SELECT of each statement", () => {
  const sql = [
    "-- What a states.",
    "",
    "-- primary-key:a: x is never null",
    "WITH b AS (SELECT 1)",
    "SELECT 1;",
    "",
    "-- sane: x > 0",
    "SELECT 2;",
  ].join("\n");
  expect([...splitSql(sql, ["primary-key:a", "sane"])]).toEqual([
    ["primary-key:a", "WITH b AS (SELECT 1)\nSELECT 1;"],
    ["sane", "SELECT 2;"],
  ]);
});
