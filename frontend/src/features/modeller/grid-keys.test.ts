import { describe, expect, it } from "vitest";
import { actionFor, type Cursor, chosenRows } from "./grid-keys";

const press = (key: string, more: { mod?: boolean; alt?: boolean; shift?: boolean } = {}) => ({
  key,
  mod: false,
  alt: false,
  shift: false,
  ...more,
});
const at = (row: number, cell: number, anchor = row): Cursor => ({ row, cell, anchor });

describe("keys of the grid", () => {
  it("moves inside its edges", () => {
    expect(actionFor(press("ArrowDown"), at(0, 0), 3)).toEqual({ do: "move", cursor: at(1, 0) });
    expect(actionFor(press("ArrowUp"), at(0, 2), 3)).toEqual({ do: "move", cursor: at(0, 2) });
    expect(actionFor(press("End"), at(1, 0), 3)).toEqual({ do: "move", cursor: at(1, 6) });
    expect(actionFor(press("End", { mod: true }), at(1, 0), 3)).toEqual({
      do: "move",
      cursor: at(2, 6),
    });
    expect(actionFor(press("ArrowDown", { shift: true }), at(0, 0), 3)).toEqual({
      do: "move",
      cursor: at(1, 0, 0),
    });
  });

  it("goes on with Tab at the next row and leaves past the last cell", () => {
    expect(actionFor(press("Tab"), at(0, 6), 3)).toEqual({ do: "move", cursor: at(1, 0) });
    expect(actionFor(press("Tab"), at(2, 6), 3)).toEqual({ do: "leave", back: false });
    expect(actionFor(press("Tab", { shift: true }), at(0, 0), 3)).toEqual({
      do: "leave",
      back: true,
    });
  });

  it("types over a name, and takes letters as commands elsewhere", () => {
    expect(actionFor(press("g"), at(0, 0), 3)).toEqual({ do: "edit", text: "g" });
    expect(actionFor(press("g"), at(0, 3), 3)).toEqual({ do: "edit", cell: "generator" });
    expect(actionFor(press("u"), at(0, 5), 3)).toEqual({ do: "toggleUnique" });
    expect(actionFor(press("s"), at(0, 2), 3)).toEqual({ do: "edit", text: "s" });
    expect(actionFor(press("s"), at(0, 5), 3)).toBeUndefined();
    expect(actionFor(press("Shift"), at(0, 0), 3)).toBeUndefined();
  });

  it("moves, copies, clears and deletes rows", () => {
    expect(actionFor(press("ArrowUp", { alt: true }), at(1, 0), 3)).toEqual({
      do: "shift",
      step: -1,
    });
    expect(actionFor(press("d", { mod: true }), at(1, 0), 3)).toEqual({ do: "duplicate" });
    expect(actionFor(press("Backspace"), at(1, 0), 3)).toEqual({ do: "clear" });
    expect(actionFor(press("Backspace", { mod: true }), at(1, 0), 3)).toEqual({ do: "delete" });
    expect(actionFor(press("s", { mod: true }), at(1, 0), 3)).toBeUndefined();
  });

  it("never chooses the empty row", () => {
    expect(chosenRows(at(3, 0, 1), 3)).toEqual([1, 2]);
    expect(chosenRows(at(3, 0), 3)).toEqual([]);
  });
});
