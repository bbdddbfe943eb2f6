import { describe, expect, it } from "vitest";
import { descriptions, problemSentences } from "./sentences";
import { plainOf, translate } from "./words";
import list from "./words.es.json";

const inSpanish = (sentence: string) => translate(sentence, "es", list);
const untranslated = (sentences: Iterable<string>) =>
  [...sentences].filter((sentence) => inSpanish(sentence) === plainOf(sentence));

describe("the server's sentences in Spanish", () => {
  it("hold every description of the schema language and its generators", () => {
    const all = descriptions("Schema");
    expect(all.size).toBeGreaterThan(200);
    expect(untranslated(all)).toEqual([]);
  });

  it("hold every problem and the way on", () => {
    const all = problemSentences();
    expect(all.size).toBeGreaterThan(100);
    expect(untranslated(all.keys())).toEqual([]);
  });
});
