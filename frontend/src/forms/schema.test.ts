import { describe, expect, it } from "vitest";
import {
  defaultIn,
  fieldsOf,
  initial,
  type JsonSchema,
  optionFor,
  shapeOf,
  takesSql,
  variantsOf,
} from "./schema";

const ROOT: JsonSchema = {
  $defs: {
    SqlParam: { type: "object", properties: { sql: { type: "string" } }, required: ["sql"] },
    Generator: { oneOf: [] },
    Case: {
      type: "object",
      properties: {
        when: { type: "string", description: "An SQL condition." },
        use: { $ref: "#/$defs/Generator" },
      },
      required: ["when", "use"],
    },
    Unit: {
      oneOf: [
        { type: "string", const: "day", description: "A day." },
        { type: "string", const: "hour", description: "An hour." },
      ],
    },
    Values: {
      anyOf: [
        { type: "array", items: true, description: "The values." },
        {
          type: "object",
          additionalProperties: false,
          properties: { list: { type: "string" } },
          required: ["list"],
        },
      ],
    },
    Rule: {
      oneOf: [
        { type: "object", properties: { kind: { const: "a" } }, description: "A." },
        { type: "object", properties: { kind: { const: "b" } } },
      ],
    },
  },
};

describe("shapes of a JSON Schema", () => {
  it("reads every kind of field", () => {
    const fields = fieldsOf(
      {
        properties: {
          type: { const: "x" },
          min: {
            anyOf: [
              { anyOf: [{ type: "integer", minimum: 2 }, { $ref: "#/$defs/SqlParam" }] },
              { type: "null" },
            ],
            description: "Least; 5 when absent.",
          },
          amount: { anyOf: [{ type: ["number", "string"] }, { type: "null" }] },
          unit: { anyOf: [{ $ref: "#/$defs/Unit" }, { type: "null" }] },
          start: { type: "string", format: "date" },
          values: { anyOf: [{ $ref: "#/$defs/Values" }, { type: "null" }] },
          cases: { type: "array", items: { $ref: "#/$defs/Case" }, minItems: 1 },
          weights: { type: "object", additionalProperties: { type: "number" } },
          else: { anyOf: [{ $ref: "#/$defs/Generator" }, { type: "null" }] },
          flag: { type: ["boolean", "null"] },
          any: { description: "Anything." },
        },
        required: ["type", "start"],
      },
      ROOT,
    );
    expect(fields.map((field) => [field.name, field.shape.kind])).toEqual([
      ["min", "integer"],
      ["amount", "any"],
      ["unit", "enum"],
      ["start", "date"],
      ["values", "union"],
      ["cases", "list"],
      ["weights", "map"],
      ["else", "generator"],
      ["flag", "boolean"],
      ["any", "any"],
    ]);
    expect(fields[0]).toMatchObject({
      takesSql: true,
      required: false,
      default: "5",
      shape: { minimum: 2 },
    });
    expect(fields[3]).toMatchObject({ required: true, takesSql: false });
  });

  it("tells SQL text from other text", () => {
    const shape = shapeOf({ $ref: "#/$defs/Case" }, ROOT);
    expect(shape).toMatchObject({
      kind: "object",
      fields: [
        { name: "when", isSql: true },
        { name: "use", shape: { kind: "generator" } },
      ],
    });
    expect(takesSql({ anyOf: [{ type: "string" }, { $ref: "#/$defs/SqlParam" }] }, ROOT)).toBe(
      true,
    );
  });

  it("finds the alternative that a value is written in", () => {
    const shape = shapeOf({ $ref: "#/$defs/Values" }, ROOT);
    if (shape.kind !== "union") throw new Error("a union");
    expect(optionFor(shape.options, [1])).toBe(0);
    expect(optionFor(shape.options, { list: "a" })).toBe(1);
    expect(optionFor(shape.options, undefined)).toBe(0);
  });

  it("begins new values with what is required", () => {
    expect(
      initial(shapeOf({ type: "array", items: { $ref: "#/$defs/Case" }, minItems: 1 }, ROOT)),
    ).toEqual([{ when: "", use: { type: "auto" } }]);
  });

  it("reads defaults out of descriptions", () => {
    expect(defaultIn("Largest value; 1000 when absent.")).toBe("1000");
    expect(defaultIn("Shares are met; `expected` when absent.")).toBe("expected");
    expect(defaultIn("In UTC; 2026-01-01T00:00:00Z when absent.")).toBe("2026-01-01T00:00:00Z");
    expect(defaultIn("No default.")).toBeUndefined();
  });

  it("lists the variants that a fixed word tells apart", () => {
    expect(
      variantsOf({ $ref: "#/$defs/Rule" }, ROOT, "kind").map(({ name, description }) => [
        name,
        description,
      ]),
    ).toEqual([
      ["a", "A."],
      ["b", ""],
    ]);
  });
});
