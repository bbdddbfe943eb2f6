import { expect, it } from "vitest";
import { compareLines } from "./lines";

const short = (before: string, after: string) =>
  compareLines(before, after).map(
    ({ kind, text }) => `${{ same: " ", add: "+", del: "-" }[kind]}${text}`,
  );

it("keeps what both have and marks what was taken out and put in", () => {
  expect(short("a\nb\nc\nd", "a\nx\nc\ny\nd")).toEqual([" a", "-b", "+x", " c", "+y", " d"]);
});

it("numbers each line in both texts", () => {
  expect(compareLines("a\nb", "b")).toEqual([
    { kind: "del", text: "a", before: 1, after: null },
    { kind: "same", text: "b", before: 2, after: 1 },
  ]);
});

it("equal texts have no difference", () => {
  expect(short("a\n\na", "a\n\na")).toEqual([" a", " ", " a"]);
});
