import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { columnNames, emptySchema, mediaTypeOf, tablesOf, widestTable } from "./schema-text";

describe("names of columns", () => {
  it("are separated by lines, tabs, commas and semicolons", () => {
    expect(columnNames("id\n first name\tage;city, zip")).toEqual([
      "id",
      "first name",
      "age",
      "city",
      "zip",
    ]);
  });
  it("lose their quotes and stand once", () => {
    expect(columnNames("\"id\",'id'\n\n`n`")).toEqual(["id", "n"]);
  });
});

it("a schema of names has one table whose columns say no more", () => {
  const text = emptySchema({ name: "a: b", table: "t", rows: 5, columns: ["id", "x #1"] });
  expect(parse(text)).toEqual({
    name: "a: b",
    tables: [{ name: "t", rows: 5, columns: [{ name: "id" }, { name: "x #1" }] }],
  });
});

it("tells JSON from YAML by its first character", () => {
  expect(mediaTypeOf('  {"name": 1}')).toBe("application/json");
  expect(mediaTypeOf("name: x")).toBe("application/yaml");
});

it("finds the widest table of a text, if it can be read", () => {
  const text = "name: x\ntables: [{name: a, columns: [1]}, {name: b, columns: [1, 2]}, {name: c}]";
  expect(tablesOf(text)).toHaveLength(3);
  expect(widestTable(text)).toBe("b");
  expect(widestTable("a: [")).toBeNull();
  expect(widestTable("just words")).toBeNull();
});
