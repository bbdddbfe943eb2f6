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

  it("keep the values of problems and statements", () => {
    const es = (sentence: string) => translate(sentence, "es", list);
    expect(es('unknown generator "frist_name"')).toBe('el generador "frist_name" no existe');
    expect(es("5 is below min 10")).toBe("5 es menor que el mínimo 10");
    expect(es("hired_on is null, where status = 'new'")).toBe(
      "hired_on es nulo, donde status = 'new'",
    );
    expect(es("each row of a has 1 to 4 rows of b, 2.2 on average, 220 in all")).toBe(
      "cada fila de a tiene de 1 a 4 filas de b, 2.2 en promedio, 220 en total",
    );
    expect(es("starts < ends")).toBe("starts < ends");
  });
});
