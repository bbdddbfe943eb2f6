import type { GeneratorInfo } from "./queries";

/** Words of a name: `firstName`, `first_name` and `first name` are the same two. */
function wordsOf(text: string): string[] {
  return text
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1);
}

/** How well a generator answers a query; 0 where it does not. */
export function scoreOf(generator: GeneratorInfo, query: string, words: string): number {
  const asked = wordsOf(query);
  if (asked.length === 0) return query.trim() === "" ? 1 : 0;
  const name = wordsOf(generator.name);
  const text = wordsOf(`${generator.group} ${generator.description} ${words}`);
  let score = 0;
  for (const word of asked) {
    if (name.some((part) => part === word)) score += 12;
    else if (name.some((part) => part.startsWith(word))) score += 8;
    else if (generator.name.replaceAll("_", "").includes(word)) score += 5;
    else if (text.some((part) => part.startsWith(word))) score += 2;
    else return 0;
  }
  return score;
}

/** The generators that a column's name and type speak for, the one that the plan would choose first. */
export function fitting(
  generators: readonly GeneratorInfo[],
  column: { name: string; planned?: string | undefined },
): GeneratorInfo[] {
  const asked = wordsOf(column.name);
  return generators
    .map((generator) => {
      const name = wordsOf(generator.name);
      const shared = name.filter((word) => asked.includes(word)).length;
      return {
        generator,
        score:
          (generator.name === column.planned ? 4 : 0) + (shared / Math.max(1, name.length)) * 3,
      };
    })
    .filter(({ score }) => score >= 1.5)
    .sort((a, b) => b.score - a.score)
    .slice(0, 6)
    .map(({ generator }) => generator);
}
