import { describe, expect, it } from "vitest";
import { completionsAt } from "./completion";
import { LANGUAGE } from "./language.fixture";

/** The labels offered where `|` stands. */
function at(marked: string): string[] {
  const offset = marked.indexOf("|");
  const found = completionsAt(marked.replace("|", ""), offset, LANGUAGE, (words) =>
    /column/i.test(words) ? ["a", "b"] : [],
  );
  return found?.options.map((option) => option.label) ?? [];
}

describe("completion", () => {
  it("offers the keys that are not there yet", () => {
    expect(at("na|")).toEqual(["name", "tables"]);
    expect(at("tables:\n  - name: t\n    col|\n")).toEqual(["columns", "draws", "rules"]);
    expect(at("tables:\n  - columns:\n      - { name: x, un| }\n")).toContain("unique");
  });

  it("offers the parameters of the generator that is chosen", () => {
    expect(
      at("tables:\n  - columns:\n      - { name: x, generator: { type: offset, m| } }\n"),
    ).toEqual(["from", "min", "unit"]);
  });

  it("offers fixed words, enumerations and names as values", () => {
    expect(at("tables:\n  - columns:\n      - { name: x, generator: { type: | } }\n")).toContain(
      "template",
    );
    expect(at("tables:\n  - rules:\n      - { id: r, kind: | }\n")).toEqual([
      "check",
      "sum",
      "order",
    ]);
    expect(at("tables:\n  - columns:\n      - { name: x, type: | }\n")).toEqual([
      "string",
      "integer",
    ]);
    expect(
      at("tables:\n  - columns:\n      - { name: x, generator: { type: offset, unit: | } }\n"),
    ).toEqual(["day", "hour"]);
    expect(
      at("tables:\n  - columns:\n      - { name: x, generator: { type: offset, from: | } }\n"),
    ).toEqual(["a", "b"]);
    expect(at("tables:\n  - rules:\n      - { kind: order, columns: [a, |] }\n")).toEqual([
      "a",
      "b",
    ]);
  });
});
