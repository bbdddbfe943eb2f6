import { expect, it } from "vitest";
import { sampleOf } from "./samples";

it("of a file the names and types of its columns are read, and nothing else is kept", () => {
  const text =
    'id;name;"born; on";rate;paid;seen\r\n1;"Ana ""Nita""\nQuispe";1990-01-02;1,5;true;2026-01-01T10:00\r\n2;;;2;false;\r\n';
  const sample = sampleOf("personas.2026.csv", text);
  expect(sample).toEqual({
    name: "personas.2026",
    columns: [
      { name: "id", type: "integer" },
      { name: "name", type: "string" },
      { name: "born; on", type: "date" },
      { name: "rate", type: "decimal" },
      { name: "paid", type: "boolean" },
      { name: "seen", type: "timestamp" },
    ],
  });
  expect(JSON.stringify(sample)).not.toContain("Quispe");
});

it("a head without rows has columns of texts, and an empty file has none", () => {
  expect(sampleOf("a.tsv", "x\ty\t")?.columns.map((column) => column.name)).toEqual([
    "x",
    "y",
    "column_3",
  ]);
  expect(sampleOf("a.csv", "\n\n")).toBeUndefined();
});
