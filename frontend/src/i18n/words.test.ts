import { describe, expect, it } from "vitest";
import names from "./meanings.es.json";
import { dictionaryOf, translate, translateList } from "./templates";
import templates from "./templates.es.json";
import list from "./words.es.json";

const spanish = dictionaryOf({ ...list, ...names }, templates, "o");
const es = (sentence: string) => translate(sentence, spanish);

describe("sentences of the server", () => {
  it("are put into Spanish where the lists have them, and shown as they are elsewhere", () => {
    expect(es("Smallest value.")).toBe("Valor mínimo.");
    expect(es("Smallest\n value.")).toBe("Valor mínimo.");
    expect(es("Something new.")).toBe("Something new.");
    expect(es("the name says email")).toBe("el nombre dice email");
    expect(es("constructor")).toBe("constructor");
    expect(translate("Smallest value.", undefined)).toBe("Smallest value.");
  });

  it("keep their values", () => {
    expect(es('unknown generator "frist_name"')).toBe("el generador «frist_name» no existe");
    expect(es("5 is below min 10")).toBe("5 es menor que el mínimo 10");
    expect(es('a date has no part "{1} $& {2}"')).toBe("una fecha no tiene la parte «{1} $& {2}»");
    expect(es("starts < ends")).toBe("starts < ends");
  });

  it("take the template with the most text of its own", () => {
    expect(es('the column "id" stands twice')).toBe("la columna «id» aparece dos veces");
    expect(es('the list "id" stands twice')).toBe("«id» aparece dos veces como list");
    expect(es('"a" is no number')).toBe("«a» no es un número");
  });

  it("put the sentences in them into the language too", () => {
    expect(es("hired_on is null, where status = 'new'")).toBe(
      "hired_on es nulo, donde status = 'new'",
    );
    expect(es("each row of a has 1 to 4 rows of b, 2.2 on average, 220 in all")).toBe(
      "cada fila de a tiene de 1 a 4 filas de b, 2.2 en promedio, 220 en total",
    );
    expect(es("if a > 1 then b = 2, where c")).toBe("si a > 1, entonces b = 2, donde c");
    expect(es("starts ≤ ends, at least 2d apart, at most 9d apart")).toBe(
      "starts ≤ ends, separadas al menos 2d, separadas como máximo 9d",
    );
    expect(es("5 stands where a text or a whole number is expected")).toBe(
      "está 5 donde se espera un texto o un número entero",
    );
    expect(es('tables[1].columns[2].type: unknown value "x"; known here: a, b')).toBe(
      "tables[1].columns[2].type: el valor «x» no existe aquí; aquí existen: a, b",
    );
    expect(es("a column in two foreign keys (unit) is not supported by this version")).toBe(
      "esta versión no admite una columna en dos claves foráneas (unit)",
    );
    expect(es("the name says date of birth, not before hired_on")).toBe(
      "el nombre dice fecha de nacimiento, no antes de hired_on",
    );
    expect(es("division by zero in a / b")).toBe("división entre cero en a / b");
    expect(es("no city here has the lengths of the columns")).toBe(
      "aquí no hay ciudad con las longitudes de las columnas",
    );
    expect(es("the beta distribution has no values from 2 on")).toBe(
      "la distribución beta no tiene valores desde 2",
    );
  });

  it("put alternatives into the language one by one", () => {
    expect(translateList("a whole number, a text or {sql}", spanish)).toBe(
      "un número entero, un texto o {sql}",
    );
    expect(translateList("day, hour or a list, each a text or a list, each day", spanish)).toBe(
      "day, hour o una lista de textos o una lista, cada elemento day",
    );
  });
});
