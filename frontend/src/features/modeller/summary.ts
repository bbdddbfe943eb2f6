import { isRecord } from "./pointer";

/** A piece of the parameters in words: a value, with its name where the name is needed to understand it. */
export interface Part {
  name: string | null;
  text: string;
  code: boolean;
  /** It is no parameter but what the rows hold. */
  sample?: boolean;
}

/** Names whose two values read as one span. */
const SPANS: [string, string][] = [
  ["min", "max"],
  ["start", "end"],
];

interface Writer {
  number(value: number): string;
  percent(share: number): string;
}

/**
 * The parameters of any generator, draw or rule in words. What it says follows from the form of the values alone:
 * two ends are a span, a list with as many weights is a list of shares, what is required needs no name.
 */
export function summarize(
  raw: Record<string, unknown>,
  required: readonly string[],
  write: Writer,
  skip: readonly string[] = ["type"],
): Part[] {
  const rest = Object.entries(raw).filter(([key]) => !skip.includes(key));
  const parts: Part[] = [];
  const used = new Set<string>();
  const shares = sharesOf(raw, write);
  for (const [key, value] of rest) {
    if (used.has(key)) continue;
    if (shares?.keys.includes(key)) {
      for (const name of shares.keys) used.add(name);
      parts.push({ name: null, text: shares.text, code: false });
      continue;
    }
    const span = SPANS.find(
      ([low, high]) => (key === low || key === high) && raw[low] != null && raw[high] != null,
    );
    if (span) {
      for (const name of span) used.add(name);
      parts.push({
        name: null,
        text: `${brief(raw[span[0]])} … ${brief(raw[span[1]])}`,
        code: false,
      });
      continue;
    }
    const isCode = key === "sql" || (isRecord(value) && "sql" in value);
    const alone = rest.length === 1 || required.includes(key);
    parts.push({ name: alone ? null : key, text: brief(value), code: isCode });
  }
  return parts;
}

function sharesOf(
  raw: Record<string, unknown>,
  write: Writer,
): { keys: string[]; text: string } | null {
  for (const [key, value] of Object.entries(raw)) {
    const numbers = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : [];
    const isWeights = numbers.length > 1 && numbers.every((number) => typeof number === "number");
    if (!isWeights) continue;
    const total = (numbers as number[]).reduce((sum, number) => sum + number, 0);
    if (total <= 0) continue;
    const share = (at: number) => write.percent(((numbers as number[])[at] as number) / total);
    if (isRecord(value)) {
      return {
        keys: [key],
        text: Object.keys(value)
          .map((name, at) => `${name} ${share(at)}`)
          .join(" · "),
      };
    }
    const partner = Object.entries(raw).find(
      ([name, list]) =>
        name !== key &&
        Array.isArray(list) &&
        list.length === numbers.length &&
        !list.every((item) => typeof item === "number"),
    );
    if (partner)
      return {
        keys: [partner[0], key],
        text: (partner[1] as unknown[])
          .map((item, at) => `${brief(item)} ${share(at)}`)
          .join(" · "),
      };
  }
  return null;
}

/** A value on one line, lists without brackets. */
export function brief(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value))
    return value
      .map((item) => (Array.isArray(item) ? item.map(brief).join(" / ") : brief(item)))
      .join(", ");
  if (isRecord(value)) {
    const keys = Object.keys(value);
    if (keys.length === 1 && (keys[0] === "sql" || keys[0] === "list" || keys[0] === "file"))
      return brief(value[keys[0]]);
    if (typeof value.type === "string") return value.type;
    return Object.entries(value)
      .map(([key, item]) => `${key} ${brief(item)}`)
      .join(", ");
  }
  return String(value);
}
