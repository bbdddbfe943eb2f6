import { describe, expect, it } from "vitest";
import { sqlName, statementAt, statementsOf, tabbed } from "./statements";

describe("statements", () => {
  it("end at semicolons that stand in no text, name or comment", () => {
    const text = "SELECT ';' AS \"a;b\" -- one; two\n, 1 /* ; */;\n\n SELECT 2;;";
    expect(statementsOf(text).map((each) => each.sql)).toEqual([
      "SELECT ';' AS \"a;b\" -- one; two\n, 1 /* ; */",
      "SELECT 2",
    ]);
  });
  it("are found at the cursor", () => {
    const text = "SELECT 1;\nSELECT 2;\n";
    expect(statementAt(text, 0)).toBe("SELECT 1");
    expect(statementAt(text, 9)).toBe("SELECT 1");
    expect(statementAt(text, 12)).toBe("SELECT 2");
    expect(statementAt(text, text.length)).toBe("SELECT 2");
    expect(statementAt("  ;  ", 1)).toBeNull();
  });
  it("may be unfinished", () => {
    expect(statementsOf("SELECT 'a; b").map((each) => each.sql)).toEqual(["SELECT 'a; b"]);
    expect(statementsOf("SELECT 1 /* ; ").map((each) => each.sql)).toEqual(["SELECT 1 /* ;"]);
  });
});

describe("names", () => {
  it("are quoted where SQL would read them otherwise", () => {
    expect(["candidate", "order", "Año", 'a"b'].map(sqlName)).toEqual([
      "candidate",
      '"order"',
      '"Año"',
      '"a""b"',
    ]);
  });
});

describe("rows for a spreadsheet", () => {
  it("keep a line each", () => {
    expect(tabbed(["a", "b"], [["1", "x\ny"]])).toBe("a\tb\n1\tx y");
  });
});
