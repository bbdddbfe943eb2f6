import { describe, expect, it } from "vitest";
import { read } from "./document";
import { LANGUAGE } from "./language.fixture";
import { renameColumn, renameTable } from "./references";
import { namesIn, quoteName } from "./sql";

const SCHEMA = `tables:
  - name: customer
    primary_key: [id]
    columns:
      - { name: id }
      - { name: status, generator: { type: constant, value: status } }
      - { name: mail, generator: { type: template, text: "{{status}}@{{id}}" } }
      - { name: total }
    rules:
      - { id: status, kind: sum, column: total, of: order.amount, by: customer, fn: sum }
  - name: order
    columns:
      - { name: customer_id }
      - { name: amount, generator: { type: formula, sql: "CASE WHEN customer.status = 'status' THEN 1 END" } }
      - { name: status, generator: { type: offset, from: amount, min: { sql: amount } } }
    foreign_keys:
      - { columns: [customer_id], references: { table: customer, columns: [id] }, where: "status = 'x'" }
    rules:
      - { id: a, kind: check, sql: "\\"status\\" > customer.\\"status\\" -- status" }
      - { id: b, kind: order, columns: [amount, status] }
`;

const options = { root: LANGUAGE, keepValues: false };
const dataset = read(SCHEMA).value ?? {};

describe("names in SQL", () => {
  it("finds paths and leaves literals, comments, functions and numbers", () => {
    const paths = namesIn(`lower(a.b) = 'c' AND "d e" > 1e3 -- f`).map((path) =>
      path.parts.map((part) => part.name).join("."),
    );
    expect(paths).toEqual(["a.b", "AND", "d e"]);
    expect([quoteName("a_1"), quoteName("Año"), quoteName('a"b')]).toEqual([
      "a_1",
      '"Año"',
      '"a""b"',
    ]);
  });
});

describe("renaming a column", () => {
  it("follows keys, SQL through keys, templates and rules, and leaves values and other tables alone", () => {
    const { text, count } = renameColumn(SCHEMA, dataset, 0, 1, "state", options);
    expect(text).toContain("{ name: state, generator: { type: constant, value: status } }");
    expect(text).toContain('text: "{{state}}@{{id}}"');
    expect(text).toContain(`CASE WHEN customer.state = 'status' THEN 1 END`);
    expect(text).toContain(`where: "state = 'x'"`);
    expect(text).toContain('\\"status\\" > customer.state -- status');
    expect(text).toContain("columns: [amount, status]");
    expect(text).toContain("id: status");
    expect(count).toBe(4);
  });

  it("follows primary keys, references and columns of children", () => {
    const id = renameColumn(SCHEMA, dataset, 0, 0, "Número", options);
    expect(id.text).toContain("primary_key: [Número]");
    expect(id.text).toContain("references: { table: customer, columns: [Número] }");
    const amount = renameColumn(SCHEMA, dataset, 1, 1, "price", options);
    expect(amount.text).toContain("of: order.price");
    expect(amount.text).toContain("from: price, min: { sql: price }");
    expect(amount.text).toContain("columns: [price, status]");
  });

  it("keeps the values by the old name, and drops that when the name comes back", () => {
    const renamed = renameColumn(SCHEMA, dataset, 1, 0, "buyer", { ...options, keepValues: true });
    expect(renamed.text).toContain("- { name: buyer, seed_as: customer_id }");
    const back = renameColumn(renamed.text, read(renamed.text).value ?? {}, 1, 0, "customer_id", {
      ...options,
      keepValues: true,
    });
    expect(back.text).toBe(SCHEMA);
  });
});

describe("renaming a table", () => {
  it("follows keys and the paths that go by its name", () => {
    const { text } = renameTable(SCHEMA, dataset, 0, "client", options);
    expect(text).toContain("references: { table: client, columns: [id] }");
    expect(text).toContain(`CASE WHEN client.status = 'status'`);
    expect(text).toContain("by: client");
    expect(renameTable(SCHEMA, dataset, 1, "sale", options).text).toContain("of: sale.amount");
  });
});
