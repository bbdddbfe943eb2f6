const FACTORS: Record<string, number> = { k: 1e3, m: 1e6, b: 1e9, g: 1e9 };

/** A number as people type it: `1.2k`, `3,200`, `3200`, `-0.5`, `1e6`. Null where it is none. */
export function readNumber(text: string): number | null {
  const plain = text
    .trim()
    .replace(/[\s_ \u202f]/g, "")
    .toLowerCase();
  const match = /^([+-]?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[+-]?\d+)?)([kmbg]?)$/.exec(plain);
  if (!match?.[1]) return null;
  const value = Number(match[1].replace(/,/g, "")) * (FACTORS[match[2] ?? ""] ?? 1);
  return Number.isFinite(value) ? value : null;
}
