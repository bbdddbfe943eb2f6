/** The text under a key of a JSON object that is still being written, as far as it goes. */
export function partialText(json: string, key: string): string {
  const start = new RegExp(`"${key}"\\s*:\\s*"`).exec(json);
  if (!start) return "";
  const rest = json.slice(start.index + start[0].length);
  const [inside = ""] = /^(?:[^"\\]|\\u[0-9a-fA-F]{4}|\\[^u])*/.exec(rest) ?? [];
  try {
    return JSON.parse(`"${inside.replace(/[\n\r\t]/g, " ")}"`) as string;
  } catch {
    return "";
  }
}
