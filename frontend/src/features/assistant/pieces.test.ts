import { describe, expect, it } from "vitest";
import { read } from "@/features/modeller/document";
import { applyPatch } from "@/features/modeller/patch";
import { type Piece, patchOf, piecesOf, placeIn } from "./pieces";
import cases from "./pieces.json";

// What the server says of two schemas, both ways: its own test holds it to this file.
const [there, back] = cases as unknown as [Case, Case];
interface Case {
  before: string;
  after: string;
  pieces: Parameters<typeof piecesOf>[0];
}
const { before: BEFORE, after: AFTER } = there;

const plain = (text: string) => read(text).value ?? {};
const told = (pieces: Piece[]) => pieces.map((piece) => `${piece.kind} ${piece.id}`);
const done = (text: string, pieces: Piece[]) =>
  applyPatch(text, patchOf(plain(text), pieces).operations) ?? "";

describe("the pieces of a difference", () => {
  const pieces = piecesOf(there.pieces);

  it("are told by names, each once", () => {
    expect(pieces.map((piece) => piece.id)).toContain("/tables/customer/columns/age");
    expect(new Set(told(pieces)).size).toBe(pieces.length);
  });

  it("all together make the one schema of the other, both ways", () => {
    for (const { before, after, pieces } of [there, back])
      expect(plain(done(before, piecesOf(pieces)))).toEqual(plain(after));
    expect(done(BEFORE, [])).toBe(BEFORE);
  });

  it("leave comments where they were", () => {
    const text = done(BEFORE, pieces);
    for (const comment of ["# what we sell", "# who buys", "# never reused", "# free text"])
      expect(text).toContain(comment);
    expect(text).toMatch(/# free text\n\s+- \{ name: note \}/);
  });

  it("can be left, each for itself, and be taken later", () => {
    for (const left of pieces) {
      const some = done(
        BEFORE,
        pieces.filter((piece) => piece !== left),
      );
      expect(plain(some)).not.toEqual(plain(AFTER));
      expect(plain(done(some, [left]))).toEqual(plain(AFTER));
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
