import { describe, expect, it } from "vitest";
import { translate } from "./words";
import list from "./words.es.json";

describe("descriptions of the language", () => {
  it("are put into Spanish where the list has them, and shown as they are elsewhere", () => {
    expect(translate("Smallest value.", "es", list)).toBe("Valor mínimo.");
    expect(translate("Smallest\n value.", "es", list)).toBe("Valor mínimo.");
    expect(translate("Something new.", "es", list)).toBe("Something new.");
    expect(translate("the name says email", "es", list)).toBe("el nombre dice email");
    expect(translate("Smallest value.", "en", undefined)).toBe("Smallest value.");
  });
});
