/** The step of the arrow keys: one unit of the last place that the value shows. */
export function stepOf(value: number, isInteger: boolean): number {
  if (isInteger) return 1;
  const places = /\.(\d+)$/.exec(String(value))?.[1]?.length ?? 0;
  return Number(`1e-${places}`);
}

/** A scalar as the language reads it: a number, a truth, null or else text. */
export function parseScalar(text: string): unknown {
  if (text === "" || text === "null" || text === "~") return null;
  if (text === "true" || text === "false") return text === "true";
  // Digits that begin with a zero are a code, not a number, and so is what a number could not hold exactly.
  if (
    /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i.test(text) &&
    String(Number(text)).length >= text.length - 2 &&
    (text.includes(".") || Number.isSafeInteger(Number(text)))
  )
    return Number(text);
  const quoted = /^"(.*)"$/s.exec(text);
  return quoted ? quoted[1] : text;
}

/** The text that `parseScalar` reads back as the same value. */
export function scalarText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string")
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  return typeof parseScalar(value) === "string" && parseScalar(value) === value
    ? value
    : `"${value}"`;
}
