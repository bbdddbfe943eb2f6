import { describe, expect, it } from "vitest";
import { columnsIn, freeNames, namesIn } from "./paste";

describe("paste", () => {
  it("takes names between any separators", () => {
    expect(namesIn('id, first name;email\n- phone\n2. city\t"state"')).toEqual([
      "id",
      "first name",
      "email",
      "phone",
      "city",
      "state",
    ]);
    expect(columnsIn("a\nb")).toEqual([{ name: "a" }, { name: "b" }]);
  });

  it("maps a block by its heads", () => {
    const heads = { name: "name", nombre: "name", type: "type", generador: "generator" };
    expect(columnsIn("Nombre\tGenerador\nid\tsequence\nx\t", heads)).toEqual([
      { name: "id", generator: { type: "sequence" } },
      { name: "x" },
    ]);
  });

  it("reads columns that are written as YAML or JSON", () => {
    expect(columnsIn("- { name: a, unique: true }\n- name: b\n")).toEqual([
      { name: "a", unique: true },
      { name: "b" },
    ]);
    expect(columnsIn('{"columns": [{"name": "a"}]}')).toEqual([{ name: "a" }]);
    expect(columnsIn("- a\n- b")).toEqual([{ name: "a" }, { name: "b" }]);
  });

  it("numbers names that are taken", () => {
    expect(freeNames(["id", "x", "X"], ["ID", "id_2"])).toEqual(["id_3", "x", "X_2"]);
  });
});
