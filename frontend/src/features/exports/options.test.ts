import { describe, expect, it } from "vitest";
import { chosenOptions, optionFields } from "./options";

const schema = {
  type: "object",
  required: ["dialect"],
  properties: {
    mark: { type: "boolean", default: false, description: "Begins with a mark" },
    sign: { type: ["string", "null"], maxLength: 1 },
    size: { type: "integer", minimum: 1, maximum: 9, default: 3 },
    dialect: { $ref: "#/$defs/Dialect" },
    level: { anyOf: [{ $ref: "#/$defs/Level" }, { type: "null" }] },
    nested: { type: "object" },
  },
  $defs: {
    Dialect: { oneOf: [{ const: "a" }, { const: "b", description: "the other" }] },
    Level: { type: "string", enum: ["low", "high"] },
  },
};

describe("the fields of options", () => {
  it("follow the schema, references and alternatives with null", () => {
    expect(
      optionFields(schema).map(({ name, kind, choices, optional }) => [
        name,
        kind,
        choices,
        optional,
      ]),
    ).toEqual([
      ["mark", "switch", [], true],
      ["sign", "text", [], true],
      ["size", "number", [], true],
      ["dialect", "choice", ["a", "b"], false],
      ["level", "choice", ["low", "high"], true],
    ]);
  });
  it("carry bounds, defaults and words", () => {
    const fields = optionFields(schema);
    expect(fields[0]).toMatchObject({ initial: false, description: "Begins with a mark" });
    expect(fields[1]).toMatchObject({ initial: null, maxLength: 1 });
    expect(fields[2]).toMatchObject({ initial: 3, minimum: 1, maximum: 9 });
  });
  it("are none where there is no schema", () => {
    expect(optionFields(undefined)).toEqual([]);
    expect(optionFields({ type: "object" })).toEqual([]);
  });
});

it("only what differs from the defaults is sent", () => {
  const fields = optionFields(schema);
  expect(
    chosenOptions(fields, { mark: false, sign: ";", size: 3, dialect: "b", level: null }),
  ).toEqual({ sign: ";", dialect: "b" });
});
