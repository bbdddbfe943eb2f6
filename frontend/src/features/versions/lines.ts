export interface Line {
  kind: "same" | "add" | "del";
  text: string;
  /** Its number in the older and in the newer text, where it stands there. */
  before: number | null;
  after: number | null;
}

/** The lines of two texts as one list: the longest common ones stay, the others were taken out or put in. */
export function compareLines(before: string, after: string): Line[] {
  const a = before.split("\n");
  const b = after.split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  ) {
    tail++;
  }
  const rows = a.length - head - tail;
  const columns = b.length - head - tail;
  const width = columns + 1;
  // longest[i * width + j]: lines that a from i and b from j have in common, in order.
  const longest = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      longest[i * width + j] =
        a[head + i] === b[head + j]
          ? (longest[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(longest[(i + 1) * width + j] ?? 0, longest[i * width + j + 1] ?? 0);
    }
  }
  const lines: Line[] = [];
  const same = (i: number, j: number) =>
    lines.push({ kind: "same", text: a[i] ?? "", before: i + 1, after: j + 1 });
  for (let i = 0; i < head; i++) same(i, i);
  let i = 0;
  let j = 0;
  while (i < rows || j < columns) {
    if (i < rows && j < columns && a[head + i] === b[head + j]) {
      same(head + i, head + j);
      i++;
      j++;
    } else if (
      i < rows &&
      (j === columns || (longest[(i + 1) * width + j] ?? 0) >= (longest[i * width + j + 1] ?? 0))
    ) {
      lines.push({ kind: "del", text: a[head + i] ?? "", before: head + i + 1, after: null });
      i++;
    } else {
      lines.push({ kind: "add", text: b[head + j] ?? "", before: null, after: head + j + 1 });
      j++;
    }
  }
  for (let k = 0; k < tail; k++) same(a.length - tail + k, b.length - tail + k);
  return lines;
}
