import { describe, expect, it } from "vitest";
import {
  insertInto,
  moveInside,
  placeOf,
  pointerAt,
  positionOf,
  read,
  removeValue,
  renameMapKey,
  setValue,
  spanOf,
} from "./document";
import { applyPatch } from "./patch";
import { parsePointer } from "./pointer";

const SCHEMA = `# A shop
name: shop   # its name
tables:
  - name: customer
    rows: 10
    columns:
      # the key
      - { name: id,     generator: { type: sequence } } # counted
      - { name: status, generator: { type: choice, values: [new, old] } }
      - name: note
        max_length: 20 # short
        generator:
          type: template
          text: |
            Hello
            there
  - name: order
    columns:
      - { name: n }
`;

function set(text: string, pointer: string, value: unknown, order?: string[]): string {
  return setValue(text, parsePointer(pointer), value, order ? { order } : {});
}

/** The lines that differ, as `-old` and `+new`. */
function changed(before: string, after: string): string[] {
  const [old, fresh] = [before.split("\n"), after.split("\n")];
  return [
    ...old.filter((line) => !fresh.includes(line)).map((line) => `-${line}`),
    ...fresh.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
}

describe("reading", () => {
  it("gives plain data, and the place of a mistake instead of data", () => {
    expect(read(SCHEMA).value?.name).toBe("shop");
    const broken = read("name: [1, 2\ntables: x");
    expect(broken.value).toBeUndefined();
    expect(broken.errors[0]?.from).toBeGreaterThan(0);
    expect(read("- a list").errors).toHaveLength(1);
  });

  it("keeps the words of the core schema as text", () => {
    expect(read("a: NO\nb: 2020-01-01").value).toEqual({ a: "NO", b: "2020-01-01" });
  });
});

describe("setting", () => {
  it("rewrites only the line of a value", () => {
    const after = set(SCHEMA, "/tables/0/columns/2/max_length", 40);
    expect(changed(SCHEMA, after)).toEqual([
      "-        max_length: 20 # short",
      "+        max_length: 40 # short",
    ]);
    expect(set(SCHEMA, "/name", "store")).toContain("name: store   # its name");
  });

  it("changes a value inside braces and leaves their spacing", () => {
    const after = set(SCHEMA, "/tables/0/columns/0/generator", { type: "sequence", start: 5 });
    expect(after).toContain(
      "- { name: id,     generator: { type: sequence, start: 5 } } # counted",
    );
  });

  it("adds a key in the order of the language", () => {
    const after = set(SCHEMA, "/tables/0/columns/1/type", "string", ["name", "type", "generator"]);
    expect(after).toContain("- { name: status, type: string, generator: { type: choice");
    const block = set(SCHEMA, "/tables/0/columns/2/unique", true, [
      "name",
      "generator",
      "unique",
      "max_length",
    ]);
    expect(read(block).value).toMatchObject({
      tables: [{ columns: [{}, {}, { unique: true }] }, {}],
    });
    expect(changed(SCHEMA, block)).toEqual(["+        unique: true"]);
  });

  it("appends behind a literal text and at the end of the file", () => {
    const after = set(SCHEMA, "/tables/0/columns/2/description", "a note");
    expect(read(after).value).toMatchObject({
      tables: [
        { columns: [{}, {}, { description: "a note", generator: { text: "Hello\nthere\n" } }] },
        {},
      ],
    });
    expect(changed(SCHEMA, after)).toEqual(["+        description: a note"]);
    expect(set(SCHEMA.trimEnd(), "/description", "x")).toBe(`${SCHEMA}description: x\n`);
  });

  it("makes the maps and lists on the way", () => {
    const after = set(SCHEMA, "/tables/1/rules/0/id", "first");
    expect(read(after).value).toMatchObject({ tables: [{}, { rules: [{ id: "first" }] }] });
  });

  it("changes one item of a list where one differs", () => {
    const after = set(SCHEMA, "/tables/0/columns/1/generator/values", ["new", "odd", "old"]);
    expect(after).toContain("values: [new, odd, old]");
    expect(set(SCHEMA, "/tables/0/columns/1/generator/values", ["old"])).toContain("values: [old]");
  });

  it("quotes what would be read as something else", () => {
    const reference = "$" + "{n}";
    expect(read(set(SCHEMA, "/tables/0/rows", reference)).value).toMatchObject({
      tables: [{ rows: reference }, {}],
    });
    const flow = set(SCHEMA, "/tables/1/columns/0/generator", {
      type: "constant",
      value: 'a, {b}: "c"',
    });
    expect(read(flow).value).toMatchObject({
      tables: [{}, { columns: [{ generator: { value: 'a, {b}: "c"' } }] }],
    });
    expect(set("a: 1\n", "/a", "1")).toBe('a: "1"\n');
  });

  it("replaces a literal text, and a scalar by a map, in place", () => {
    const after = set(SCHEMA, "/tables/0/columns/2/generator/text", "Hi");
    expect(read(after).value).toMatchObject({
      tables: [{ columns: [{}, {}, { generator: { text: "Hi" } }] }, { name: "order" }],
    });
    const nested = set(SCHEMA, "/tables/0/rows", { file: "a" });
    expect(nested).toContain("    rows: { file: a }\n");
  });

  it("gives a place behind an alias its own copy", () => {
    const after = set("a: &x { n: 1, m: 2 }\nb: *x\n", "/b/n", 5);
    expect(read(after).value).toEqual({ a: { n: 1, m: 2 }, b: { n: 5, m: 2 } });
  });

  it("writes JSON into JSON", () => {
    const json = '{\n  "name": "a",\n  "tables": [\n    {"name": "t", "columns": []}\n  ]\n}\n';
    const after = insertInto(set(json, "/description", "new"), ["tables", 0, "columns"], 0, [
      { name: "c" },
    ]);
    expect(JSON.parse(after)).toEqual({
      name: "a",
      description: "new",
      tables: [{ name: "t", columns: [{ name: "c" }] }],
    });
  });

  it("fills an empty text and an empty value", () => {
    expect(read(set("", "/name", "x")).value).toEqual({ name: "x" });
    expect(set("a:\nb: 1\n", "/a", "v")).toBe("a: v\nb: 1\n");
    expect(set("a: {}\n", "/a/b", 1)).toBe("a: { b: 1 }\n");
  });
});

describe("lists", () => {
  it("puts items in before, between and behind", () => {
    const path = ["tables", 0, "columns"];
    for (const index of [0, 1, 3]) {
      const after = insertInto(SCHEMA, path, index, [{ name: "a" }, { name: "b" }]);
      const columns = (
        read(after).value as never as { tables: { columns: { name: string }[] }[] }
      ).tables[0]?.columns.map((column) => column.name);
      const expected = ["id", "status", "note"];
      expected.splice(index, 0, "a", "b");
      expect(columns).toEqual(expected);
      expect(changed(SCHEMA, after)).toEqual(["+      - { name: a }", "+      - { name: b }"]);
    }
  });

  it("moves an item with its comments", () => {
    const down = moveInside(SCHEMA, ["tables", 0, "columns"], 0, 2);
    expect(down.indexOf("# the key")).toBeGreaterThan(down.indexOf("name: note"));
    expect(down.indexOf("# counted")).toBeGreaterThan(down.indexOf("# the key"));
    expect(moveInside(down, ["tables", 0, "columns"], 2, 0)).toBe(SCHEMA);
    expect(moveInside("a: [1, 2, 3]\n", ["a"], 2, 0)).toBe("a: [3, 1, 2]\n");
  });

  it("removes lines, pairs and the last of a list", () => {
    expect(changed(SCHEMA, removeValue(SCHEMA, ["tables", 0, "columns", 1]))).toHaveLength(1);
    expect(removeValue(SCHEMA, ["tables", 0, "columns", 0, "generator"])).toContain(
      "- { name: id } # counted",
    );
    expect(removeValue("a: [1]\n", ["a", 0])).toBe("a: []\n");
    const first = removeValue("t:\n  - id: x\n    kind: y\n", ["t", 0, "id"]);
    expect(read(first).value).toEqual({ t: [{ kind: "y" }] });
    expect(read(removeValue("t:\n  - a: 1\n", ["t", 0])).value).toEqual({ t: [] });
    expect(removeValue(SCHEMA, ["nothing"])).toBe(SCHEMA);
  });

  it("gives a key another name", () => {
    expect(renameMapKey("lists: { a: [1] }\n", ["lists", "a"], "b c")).toBe(
      "lists: { b c: [1] }\n",
    );
  });
});

describe("places", () => {
  it("finds the line of a pointer, or of what is nearest to it", () => {
    const line = (pointer: string) => positionOf(SCHEMA, placeOf(SCHEMA, pointer).from);
    expect(line("/tables/0/columns/1/generator/type")).toEqual({ line: 9, column: 44 });
    expect(line("/tables/0/columns")).toEqual({ line: 6, column: 5 });
    expect(line("/tables/0/columns/2/generator/missing").line).toBe(12);
    expect(spanOf(SCHEMA, "/tables/0/columns/0")).toBeDefined();
  });

  it("says what stands at an offset", () => {
    expect(pointerAt(SCHEMA, SCHEMA.indexOf("status"))).toBe("/tables/0/columns/1/name");
    expect(pointerAt(SCHEMA, SCHEMA.indexOf("there"))).toBe("/tables/0/columns/2/generator/text");
  });
});

describe("patches", () => {
  it("applies every operation", () => {
    const after = applyPatch(SCHEMA, [
      { op: "test", path: "/name", value: "shop" },
      { op: "replace", path: "/tables/0/rows", value: 20 },
      { op: "add", path: "/tables/1/columns/-", value: { name: "m" } },
      { op: "remove", path: "/tables/0/columns/0" },
      { op: "copy", from: "/name", path: "/description" },
      { op: "move", from: "/tables/1/columns/0", path: "/tables/0/columns/0" },
    ]);
    expect(read(after ?? "").value).toMatchObject({
      description: "shop",
      tables: [
        { rows: 20, columns: [{ name: "n" }, { name: "status" }, { name: "note" }] },
        { columns: [{ name: "m" }] },
      ],
    });
  });

  it("renames a key at its place, with what is written beside it", () => {
    const text = "name: a\ntabels: [] # none yet\nseed: 1\n";
    expect(applyPatch(text, [{ op: "move", from: "/tabels", path: "/tables" }])).toBe(
      text.replace("tabels", "tables"),
    );
  });

  it("applies nothing where one does not fit", () => {
    expect(
      applyPatch(SCHEMA, [
        { op: "remove", path: "/name" },
        { op: "replace", path: "/nowhere", value: 1 },
      ]),
    ).toBeUndefined();
    expect(applyPatch(SCHEMA, [{ op: "test", path: "/name", value: "x" }])).toBeUndefined();
  });
});
