/** The distribution of a column's values: bars for its histogram, and figures where it holds numbers. */
export interface Shape {
  bars: number[];
  /** What stands under a bar: the value of a category, or the lower edge. */
  labels: string[];
  /** The lower edge of the first bar and the upper edge of the last, for numbers. */
  from: number | null;
  to: number | null;
  nulls: number;
  count: number;
  figures: Figures | null;
}

export interface Figures {
  p5: number;
  median: number;
  mean: number;
  p95: number;
}

const CATEGORIES = 12;

function toNumber(value: unknown, type: string): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return null;
  if (/^date/.test(type)) {
    const time = Date.parse(value);
    return Number.isNaN(time) ? null : time;
  }
  const number = Number(value);
  return value.trim() === "" || Number.isNaN(number) ? null : number;
}

/** Counts values into bars: numbers and times into equal widths, few different values by value, other text by length. */
export function shapeOf(values: readonly unknown[], type: string, count: number): Shape {
  const present = values.filter((value) => value !== null && value !== undefined);
  const nulls = values.length - present.length;
  const isNumeric = /^(integer|decimal|float|date)/.test(type);
  const numbers = isNumeric
    ? present.map((value) => toNumber(value, type)).filter((value) => value !== null)
    : [];
  const texts = present.map((value) =>
    typeof value === "object" ? JSON.stringify(value) : String(value),
  );
  const distinct = new Map<string, number>();
  for (const text of texts) distinct.set(text, (distinct.get(text) ?? 0) + 1);
  const base = { nulls, count: values.length, from: null, to: null, figures: null };
  if (present.length === 0) return { ...base, bars: [], labels: [] };
  if (numbers.length > 0 && distinct.size > CATEGORIES)
    return {
      ...base,
      ...widths(numbers, count),
      figures: /^date/.test(type) ? null : figuresOf(numbers),
    };
  const figures = numbers.length > 0 && !/^date/.test(type) ? figuresOf(numbers) : null;
  if (
    distinct.size <= CATEGORIES ||
    (numbers.length === 0 && distinct.size < present.length * 0.9)
  ) {
    const byValue = (a: [string, number], b: [string, number]) => Number(a[0]) - Number(b[0]);
    const byCount = (a: [string, number], b: [string, number]) => b[1] - a[1];
    const sorted = [...distinct]
      .sort(numbers.length > 0 && figures ? byValue : byCount)
      .slice(0, count);
    return {
      ...base,
      bars: sorted.map(([, times]) => times),
      labels: sorted.map(([text]) => text),
      figures,
    };
  }
  return { ...base, ...textShape(texts, count) };
}

/** Texts that hardly repeat: by their length, or where all are as long, by the first character that differs. */
function textShape(texts: readonly string[], count: number) {
  const lengths = texts.map((text) => [...text].length);
  if (new Set(lengths).size > 1) return { ...widths(lengths, count), from: null, to: null };
  const first = texts[0] ?? "";
  let at = 0;
  while (at < first.length && texts.every((text) => text[at] === first[at])) at += 1;
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text[at] ?? "", (counts.get(text[at] ?? "") ?? 0) + 1);
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, count);
  return { bars: sorted.map(([, times]) => times), labels: sorted.map(([text]) => text) };
}

/** How many bars so many values fill without gaps. */
function barsFor(values: number, most: number): number {
  return Math.max(8, Math.min(most, Math.round(3 * Math.cbrt(values))));
}

function widths(numbers: readonly number[], count: number) {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of numbers) {
    from = Math.min(from, value);
    to = Math.max(to, value);
  }
  let number = barsFor(numbers.length, count);
  // Whole numbers get bars of whole widths, or some bars would hold more of them than others.
  const isWhole = numbers.every(Number.isInteger);
  if (isWhole && to > from)
    number = Math.ceil((to - from + 1) / Math.ceil((to - from + 1) / number));
  const width = isWhole ? Math.ceil((to - from + 1) / number) : (to - from) / number || 1;
  const bars = new Array<number>(to === from ? 1 : number).fill(0);
  for (const value of numbers) {
    const at = Math.min(bars.length - 1, Math.floor((value - from) / width));
    bars[at] = (bars[at] ?? 0) + 1;
  }
  return {
    bars,
    labels: bars.map((_, at) => String(from + at * width)),
    from,
    to: isWhole && to > from ? from + width * bars.length : to,
  };
}

function figuresOf(numbers: readonly number[]): Figures {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const sum = numbers.reduce((total, number) => total + number, 0);
  return { p5: at(0.05), median: at(0.5), mean: sum / numbers.length, p95: at(0.95) };
}

/** Round places for the ticks of an axis, two to five of them. */
export function ticksOf(from: number, to: number): number[] {
  const span = to - from;
  if (!(span > 0)) return [from];
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step =
    [1, 2, 5, 10].map((factor) => factor * power).find((size) => span / size <= 5) ?? power * 10;
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to + step * 1e-9; tick += step)
    ticks.push(Number(tick.toPrecision(12)));
  return ticks;
}

/** The same bars in pairs where they are too many for a cell. */
export function coarse(bars: readonly number[]): number[] {
  if (bars.length <= 14) return [...bars];
  return Array.from(
    { length: Math.ceil(bars.length / 2) },
    (_, at) => (bars[2 * at] ?? 0) + (bars[2 * at + 1] ?? 0),
  );
}
