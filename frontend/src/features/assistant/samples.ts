import type { Schemas } from "@/api/client";

/** Names and types of a file's columns: all that the assistant may be told of it. */
export type Sample = Schemas["SampleTable"];

/** Rows that a type is read from. */
const ROWS = 200;

const TYPES: [string, RegExp][] = [
  ["boolean", /^(true|false)$/i],
  ["integer", /^[+-]?\d{1,18}$/],
  ["decimal", /^[+-]?\d+[.,]\d+$/],
  ["date", /^\d{4}-\d{2}-\d{2}$/],
  ["timestamp", /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/],
  ["time", /^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/],
  ["uuid", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i],
];

/** Reads the head of a file of separated values. It happens here: neither the file nor a row of it is sent anywhere. */
export function sampleOf(fileName: string, text: string): Sample | undefined {
  const [head, ...rows] = recordsOf(text.replace(/^\ufeff/, ""), ROWS + 1);
  if (!head?.some((name) => name.trim() !== "")) return undefined;
  const columns = head.map((name, at) => ({
    name: name.trim() || `column_${at + 1}`,
    type: typeOf(rows.map((row) => row[at]?.trim() ?? "")),
  }));
  return { name: fileName.replace(/\.[^.]*$/, ""), columns };
}

function typeOf(values: string[]): string {
  const written = values.filter((value) => value !== "");
  if (written.length === 0) return "string";
  const fits = (pattern: RegExp) => written.every((value) => pattern.test(value));
  const found = TYPES.find(([, pattern]) => fits(pattern))?.[0];
  // Numbers of which some are whole are decimals.
  return found ?? (fits(/^[+-]?\d+([.,]\d+)?$/) ? "decimal" : "string");
}

/** The first records of a text, by the separator that its first line has most of. */
function recordsOf(text: string, most: number): string[][] {
  const line = text.slice(0, text.search(/[\r\n]|$/));
  const count = (separator: string) => line.split(separator).length;
  const [separator = ","] = [",", ";", "\t", "|"].sort((a, b) => count(b) - count(a));
  const records: string[][] = [];
  let record: string[] = [];
  let field = "";
  let isQuoted = false;
  for (let at = 0; at < text.length && records.length < most; at += 1) {
    const sign = text[at];
    if (isQuoted) {
      if (sign !== '"') field += sign;
      else if (text[at + 1] === '"') {
        field += sign;
        at += 1;
      } else isQuoted = false;
    } else if (sign === '"' && field === "") isQuoted = true;
    else if (sign === separator) {
      record.push(field);
      field = "";
    } else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && text[at + 1] === "\n") at += 1;
      if (record.length > 0 || field !== "") records.push([...record, field]);
      record = [];
      field = "";
    } else field += sign;
  }
  if (records.length < most && (record.length > 0 || field !== ""))
    records.push([...record, field]);
  return records;
}
