import { expect, it } from "vitest";
import { patchOf } from "@/features/assistant/difference";
import { read } from "./document";
import { pieceOf } from "./from-words";
import { tablesOf } from "./model";
import { applyPatch } from "./patch";

const TEXT = `tables:
  - name: a
    columns:
      - { name: id } # the key
      - { name: mail }
`;
const schema = read(TEXT).value ?? {};
const [table] = tablesOf(schema);

function put(kind: "column" | "rule", element: Record<string, unknown>) {
  const piece = table && pieceOf(schema, table, kind, element);
  return piece && applyPatch(TEXT, patchOf(schema, [piece]).operations);
}

it("a proposed column takes the place of the one of its name, or stands last", () => {
  expect(put("column", { name: "mail", null_rate: 0.1 })).toBe(
    TEXT.replace("{ name: mail }", "{ name: mail, null_rate: 0.1 }"),
  );
  expect(put("column", { name: "tier" })).toBe(`${TEXT}      - { name: tier }\n`);
});

it("a column that stays as it is changes nothing", () => {
  expect(put("column", { name: "mail" })).toBeUndefined();
});

it("the first rule makes the list of rules", () => {
  const text = put("rule", { id: "r", kind: "check", sql: "id > 0" }) ?? "";
  expect(text).toContain("# the key");
  expect(tablesOf(read(text).value ?? {})[0]?.rules.map((rule) => rule.id)).toEqual(["r"]);
});
