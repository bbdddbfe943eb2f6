// Reads a workbook as far as the journey asks: the names of its sheets, and all of its text.
import { inflateRawSync } from "node:zlib";

const END = 0x06054b50;
const ENTRY = 0x02014b50;

/** The files in a zip archive by their names, as its central directory lists them. */
function entriesOf(bytes) {
  let end = bytes.length - 22;
  while (end >= 0 && bytes.readUInt32LE(end) !== END) end -= 1;
  if (end < 0) throw new Error("no zip archive: it has no central directory");
  const entries = new Map();
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    if (bytes.readUInt32LE(at) !== ENTRY) throw new Error("the central directory is broken");
    const method = bytes.readUInt16LE(at + 10);
    const size = bytes.readUInt32LE(at + 20);
    const [name, extra, comment] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field));
    const local = bytes.readUInt32LE(at + 42);
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const data = bytes.subarray(from, from + size);
    entries.set(bytes.toString("utf8", at + 46, at + 46 + name), () =>
      (method === 0 ? data : inflateRawSync(data)).toString("utf8"),
    );
    at += 46 + name + extra + comment;
  }
  return entries;
}

/** The names of a workbook's sheets; each has to be a file that the workbook's relations lead to. */
export function sheetsOf(bytes) {
  const entries = entriesOf(bytes);
  const read = (name) => {
    const text = entries.get(name)?.();
    if (text === undefined) throw new Error(`the workbook has no ${name}`);
    return text;
  };
  read("[Content_Types].xml");
  const relations = read("xl/_rels/workbook.xml.rels");
  const attribute = (tag, name) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? "";
  const targets = new Map(
    [...relations.matchAll(/<Relationship\s[^>]*>/g)].map(([tag]) => [
      attribute(tag, "Id"),
      attribute(tag, "Target").replace(/^\/?(xl\/)?/, "xl/"),
    ]),
  );
  return [...read("xl/workbook.xml").matchAll(/<sheet\s[^>]*>/g)].map(([tag]) => {
    const file = targets.get(attribute(tag, "r:id"));
    if (!/<worksheet[\s>]/.test(read(file))) throw new Error(`${file} is no sheet`);
    return attribute(tag, "name");
  });
}

/** All of a workbook's text, markup included. */
export function textOf(bytes) {
  return [...entriesOf(bytes)]
    .filter(([name]) => /^xl\/.*\.xml$/.test(name))
    .map(([, read]) => read())
    .join("\n");
}
