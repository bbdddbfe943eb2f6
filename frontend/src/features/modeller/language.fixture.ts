import type { JsonSchema } from "../../forms/schema";

/** A small language in the manner of the published one, for tests. */
export const LANGUAGE: JsonSchema = {
  type: "object",
  properties: {
    name: { type: "string" },
    tables: { type: "array", items: { $ref: "#/$defs/Table" } },
  },
  $defs: {
    Table: {
      type: "object",
      properties: {
        name: { type: "string" },
        columns: { type: "array", items: { $ref: "#/$defs/Column" } },
        draws: { type: "object", additionalProperties: { $ref: "#/$defs/Generator" } },
        rules: { type: "array", items: { $ref: "#/$defs/Rule" } },
      },
    },
    Column: {
      type: "object",
      properties: {
        name: { type: "string", description: "Unique in its table." },
        type: {
          anyOf: [{ $ref: "#/$defs/ColumnType" }, { type: "null" }],
          description: "Logical type.",
        },
        generator: { anyOf: [{ $ref: "#/$defs/Generator" }, { type: "null" }] },
        null_rate: {
          type: ["number", "null"],
          minimum: 0,
          maximum: 1,
          description: "Share of nulls, 0 to 1.",
        },
        null_when: {
          type: ["string", "null"],
          description: "SQL condition under which the value is null.",
        },
        unique: { type: ["boolean", "null"], description: "Whether no two rows are alike." },
        seed_as: { type: ["string", "null"], description: "The name that seeds it." },
      },
      required: ["name"],
    },
    ColumnType: { type: "string", enum: ["string", "integer"] },
    SqlParam: {
      type: "object",
      additionalProperties: false,
      properties: {
        sql: { type: "string", description: "An SQL expression over columns of the same row." },
      },
      required: ["sql"],
    },
    Case: {
      type: "object",
      additionalProperties: false,
      properties: {
        when: { type: "string", description: "An SQL condition over the row." },
        use: { $ref: "#/$defs/Generator" },
      },
      required: ["when", "use"],
    },
    ForeignKey: {
      type: "object",
      properties: {
        name: { type: ["string", "null"] },
        where: { type: ["string", "null"], description: "SQL condition on the parent." },
      },
    },
    Generator: {
      oneOf: [
        {
          type: "object",
          properties: { type: { const: "constant" }, value: { description: "The value." } },
          required: ["type", "value"],
        },
        {
          type: "object",
          properties: {
            type: { const: "template" },
            text: { description: "Text with other columns put in for {{column}}.", type: "string" },
          },
        },
        {
          type: "object",
          properties: {
            type: { const: "formula" },
            sql: { description: "The formula.", type: "string" },
          },
          required: ["type", "sql"],
        },
        {
          type: "object",
          properties: {
            type: { const: "offset" },
            from: { description: "The column that it starts from.", type: "string" },
            min: {
              description: "Smallest distance; 0 when absent.",
              anyOf: [
                { anyOf: [{ type: "integer", minimum: 0 }, { $ref: "#/$defs/SqlParam" }] },
                { type: "null" },
              ],
            },
            unit: {
              description: "Its unit; day when absent.",
              anyOf: [
                {
                  oneOf: [
                    { const: "day", description: "A day." },
                    { const: "hour", description: "An hour." },
                  ],
                },
                { type: "null" },
              ],
            },
          },
          required: ["type", "from"],
        },
        {
          type: "object",
          properties: {
            type: { const: "pick" },
            values: {
              description: "The values.",
              anyOf: [
                { type: "array", items: true },
                {
                  type: "object",
                  properties: { list: { type: "string" } },
                  additionalProperties: false,
                },
              ],
            },
            weights: {
              description: "By value.",
              type: "object",
              additionalProperties: { type: "number" },
            },
          },
        },
        {
          type: "object",
          properties: {
            type: { const: "cases" },
            cases: { type: "array", items: { $ref: "#/$defs/Case" }, minItems: 1 },
            else: { anyOf: [{ $ref: "#/$defs/Generator" }, { type: "null" }] },
          },
          required: ["type", "cases"],
        },
      ],
    },
    Rule: {
      type: "object",
      properties: {
        id: { type: "string" },
        when: { type: ["string", "null"], description: "SQL condition that limits the rule." },
      },
      required: ["id"],
      oneOf: [
        {
          type: "object",
          properties: {
            kind: { const: "check" },
            sql: { type: "string", description: "The SQL condition." },
          },
          required: ["kind", "sql"],
          description: "Anything else.",
        },
        {
          type: "object",
          properties: {
            kind: { const: "sum" },
            column: { type: "string", description: "The column." },
            of: {
              type: "string",
              description: "The children's column, `table.column`; for count also their table.",
            },
            by: { type: "string", description: "The children's key to this table." },
            fn: { type: "string", description: "sum, count or mean." },
          },
          required: ["kind", "column"],
          description: "A column sums its children.",
        },
        {
          type: "object",
          properties: {
            kind: { const: "order" },
            columns: { type: "array", items: { type: "string" }, description: "The columns." },
          },
          required: ["kind", "columns"],
          description: "Columns ascend.",
        },
      ],
    },
  },
};
