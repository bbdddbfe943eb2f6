import { Document, isCollection } from "yaml";
import { isRecord } from "./pointer";

/** Lines that a new value is kept on one of; a longer one is broken into a block. */
const LINE = 110;

const OPTIONS = { lineWidth: 0, doubleQuotedAsJSON: true, flowCollectionPadding: true } as const;

/** A value on one line, as it stands inside braces: `{ type: choice, values: [new, old] }`. */
export function renderFlow(value: unknown, json: boolean): string {
  if (json) return renderJson(value);
  if (Array.isArray(value))
    return value.length === 0
      ? "[]"
      : `[${value.map((item) => renderFlow(item, false)).join(", ")}]`;
  if (isRecord(value)) {
    const pairs = Object.entries(value).map(
      ([key, item]) => `${renderKey(key, false)}: ${renderFlow(item, false)}`,
    );
    return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
  }
  return renderScalar(value, true);
}

function renderJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(renderJson).join(", ")}]`;
  if (isRecord(value)) {
    const pairs = Object.entries(value).map(
      ([key, item]) => `${JSON.stringify(key)}: ${renderJson(item)}`,
    );
    return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
  }
  return JSON.stringify(value ?? null);
}

export function renderKey(key: string, json: boolean): string {
  return json ? JSON.stringify(key) : renderScalar(key, true);
}

/** A scalar; inside braces and brackets more characters need quotes than outside. */
export function renderScalar(value: unknown, inFlow: boolean): string {
  if (typeof value !== "string") return JSON.stringify(value ?? null);
  if (/[\n\r\t]/.test(value)) return JSON.stringify(value);
  if (!inFlow) {
    // A map's value is the strictest place outside of braces, so the quotes that it needs serve everywhere.
    return new Document({ k: value }).toString(OPTIONS).slice(3).trimEnd();
  }
  const document = new Document([value]);
  if (isCollection(document.contents)) document.contents.flow = true;
  return document
    .toString({ ...OPTIONS, flowCollectionPadding: false })
    .trim()
    .slice(1, -1);
}

/** What follows `key:` in a block whose keys stand at `indent`; it begins with a space or a line break. */
export function renderAfterKey(value: unknown, indent: number): string {
  if (typeof value === "string" && isLiteral(value)) return ` ${literal(value, indent + 2)}`;
  if (!isNested(value)) return ` ${renderScalar(value, false)}`;
  const line = renderFlow(value, false);
  const holdsMaps = Array.isArray(value) && value.length > 0 && value.every(isRecord);
  if (!holdsMaps && indent + line.length <= LINE) return ` ${line}`;
  return `\n${renderBlock(value, indent + 2)}`;
}

/** What follows the dash of a list whose dashes stand at `indent`, without the space. */
export function renderItem(value: unknown, indent: number): string {
  if (typeof value === "string" && isLiteral(value)) return literal(value, indent + 2);
  if (!isNested(value)) return renderScalar(value, false);
  const line = renderFlow(value, false);
  if (Array.isArray(value) || indent + line.length <= LINE) return line;
  return renderBlock(value, indent + 2).trimStart();
}

function renderBlock(value: unknown, indent: number): string {
  const space = " ".repeat(indent);
  if (Array.isArray(value))
    return value.map((item) => `${space}- ${renderItem(item, indent)}`).join("\n");
  const pairs = Object.entries(value as Record<string, unknown>);
  return pairs
    .map(([key, item]) => `${space}${renderKey(key, false)}:${renderAfterKey(item, indent)}`)
    .join("\n");
}

function isNested(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isRecord(value) && Object.keys(value).length > 0;
}

/** Text of several lines reads best as a literal; what a literal cannot hold unchanged is quoted. */
function isLiteral(value: string): boolean {
  return /^[^\s][^\r\t]*\n/.test(value) && !/ \n|\n{2,}$/.test(value);
}

function literal(value: string, indent: number): string {
  const mark = value.endsWith("\n") ? "|" : "|-";
  const space = " ".repeat(indent);
  const lines = value.replace(/\n$/, "").split("\n");
  return [mark, ...lines.map((line) => (line === "" ? "" : space + line))].join("\n");
}
