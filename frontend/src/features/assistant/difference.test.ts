import { describe, expect, it } from "vitest";
import { read } from "@/features/modeller/document";
import { applyPatch } from "@/features/modeller/patch";
import { difference, type Piece, patchOf, placeIn } from "./difference";

const BEFORE = `name: shop # what we sell
parameters: { customers: 10 }
tables:
  # who buys
  - name: customer
    rows: 10
    columns:
      - { name: id, generator: { type: sequence } } # never reused
      - { name: age, generator: { type: integer, min: 0, max: 99 } }
      # free text
      - { name: note }
  - name: old
    columns:
      - { name: x }
`;
const AFTER = `name: shop
parameters: { customers: 10, orders: 5 }
lists: { tiers: [a, b] }
tables:
  - name: customer
    rows: 20
    columns:
      - { name: id, generator: { type: uuid_v4 } }
      - { name: tier, generator: { type: choice, values: [a, b] } }
      - { name: note }
      - { name: age, generator: { type: integer, min: 18, max: 99 } }
    rules:
      - { id: adults, kind: check, sql: "age > 17" }
      - { id: tiers, kind: check, sql: "tier <> ''" }
  - name: loyalty
    columns:
      - { name: points }
`;

const plain = (text: string) => read(text).value ?? {};
const told = (pieces: Piece[]) => pieces.map((piece) => `${piece.kind} ${piece.id}`);
const done = (text: string, pieces: Piece[]) =>
  applyPatch(text, patchOf(plain(text), pieces).operations) ?? "";

describe("the pieces of a difference", () => {
  const pieces = difference(plain(BEFORE), plain(AFTER));

  it("are as large as what one thinks of, and told by names", () => {
    expect(told(pieces)).toEqual([
      "add /parameters/orders",
      "change /tables/customer/rows",
      "change /tables/customer/columns/id",
      "change /tables/customer/columns/age",
      "order /tables/customer/columns",
      "add /tables/customer/columns/tier",
      "add /tables/customer/rules/adults",
      "add /tables/customer/rules/tiers",
      "remove /tables/old",
      "add /tables/loyalty",
      "add /lists/tiers",
    ]);
  });

  it("all together make the one schema of the other, both ways", () => {
    for (const [from, to] of [
      [BEFORE, AFTER],
      [AFTER, BEFORE],
      [BEFORE, BEFORE],
    ] as const)
      expect(plain(done(from, difference(plain(from), plain(to))))).toEqual(plain(to));
  });

  it("leave comments where they were", () => {
    const text = done(BEFORE, pieces);
    for (const comment of ["# what we sell", "# who buys", "# never reused", "# free text"])
      expect(text).toContain(comment);
    expect(text).toMatch(/# free text\n\s+- \{ name: note \}/);
  });

  it("can be left, each for itself", () => {
    for (const left of pieces) {
      const some = pieces.filter((piece) => piece !== left);
      const again = difference(plain(done(BEFORE, some)), plain(AFTER));
      expect(again.map((piece) => piece.id)).toContain(left.id);
    }
  });

  it("put the first rule where there was no list of rules", () => {
    const one = pieces.filter((piece) => piece.id.endsWith("/tiers") && piece.kind === "add");
    const schema = plain(done(BEFORE, one)) as { tables: { rules?: { id: string }[] }[] };
    expect(schema.tables[0]?.rules?.map((rule) => rule.id)).toEqual(["tiers"]);
  });

  it("keep what was changed beside them since", () => {
    const edited = BEFORE.replace("max: 99", "max: 70").replace("name: note", "name: remark");
    const schema = plain(done(edited, pieces)) as { tables: { columns: unknown[] }[] };
    expect(schema.tables[0]?.columns).toContainEqual({
      name: "age",
      generator: { type: "integer", min: 18, max: 70 },
    });
  });

  it("say which have no place any more", () => {
    const { unfit } = patchOf(plain("name: other\ntables: []\n"), pieces);
    expect(told(unfit)).toContain("change /tables/customer/columns/age");
    expect(told(unfit)).not.toContain("add /tables/loyalty");
  });

  it("name their places", () => {
    expect(placeIn(plain(BEFORE), ["tables", "customer", "columns", "age"])).toBe(
      "/tables/0/columns/1",
    );
    expect(placeIn(plain(BEFORE), ["tables", "customer", "columns", "tier"])).toBe(
      "/tables/0/columns",
    );
  });
});
