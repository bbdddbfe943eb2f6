/** A bar of a histogram, and the values that it stands for. */
export interface Bar {
  count: number;
  /** The least of its values, as the rows spell it. */
  from: string;
  /** Where the next bar begins; none: it holds its upper end, or one value alone. */
  before?: string;
  /** The largest of its values, where no bar follows. */
  to?: string;
}

export interface Summary {
  /** From the least to the most, or the most frequent values. */
  bars: Bar[];
  kind: "range" | "values" | "unique" | "nulls";
  least?: string;
  most?: string;
  distinct: number;
  /** Whether the number of different values is estimated. */
  approximate?: boolean;
  /** Share of nulls. */
  nulls: number;
}

const BINS = 18;
const TOP = 8;
const DAY = 86_400_000;

/** A value on a line: of numbers themselves, of dates and times their moment. */
function place(value: string, type: string): number {
  if (/^(date|datetime|timestamp)/.test(type)) return Date.parse(value);
  if (/^time/.test(type)) return Date.parse(`1970-01-01T${value}Z`);
  return Number(value);
}

/** A place on the line as the rows spell values. */
function spell(at: number, type: string, isNumber: boolean): string {
  if (isNumber) return String(Number(at.toPrecision(12)));
  const moment = new Date(at).toISOString();
  if (/^(datetime|timestamp)/.test(type)) return moment;
  return /^date/.test(type) ? moment.slice(0, 10) : moment.slice(11, 19);
}

function ranges(texts: string[], type: string, isNumber: boolean): Bar[] | null {
  const places = texts.map((text) => place(text, type));
  if (!places.every(Number.isFinite)) return null;
  const low = places.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY);
  const high = places.reduce((most, each) => Math.max(most, each), Number.NEGATIVE_INFINITY);
  const width = high - low;
  // Few whole numbers, or few days, get a bar each.
  const unit = isNumber ? 1 : /^date(?!time)/.test(type) ? DAY : 0;
  const whole =
    unit > 0 && width / unit < BINS && places.every((each) => Number.isInteger(each / unit));
  const bins = width === 0 ? 1 : whole ? width / unit + 1 : BINS;
  const step = whole ? unit : width / bins;
  const edge = (at: number) => spell(low + at * step, type, isNumber);
  const bars: Bar[] = Array.from({ length: bins }, (_, at) => ({
    count: 0,
    from: edge(at),
    ...(at < bins - 1 ? { before: edge(at + 1) } : { to: spell(high, type, isNumber) }),
  }));
  for (const each of places) {
    const bar = bars[step === 0 ? 0 : Math.min(bins - 1, Math.floor((each - low) / step))];
    if (bar) bar.count += 1;
  }
  return bars;
}

/** What the head of a column shows of some of its values. */
export function summarise(values: unknown[], type: string, isNumber: boolean): Summary {
  const present = values.filter((value) => value !== null && value !== undefined);
  const texts = present.map((value) =>
    typeof value === "object" ? JSON.stringify(value) : String(value),
  );
  const nulls = values.length === 0 ? 0 : 1 - present.length / values.length;
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const distinct = counts.size;
  if (present.length === 0) return { bars: [], kind: "nulls", distinct, nulls };

  if (isNumber || /^(date|time)/.test(type)) {
    const bars = ranges(texts, type, isNumber);
    if (bars) {
      const sorted = texts
        .map((text) => ({ text, at: place(text, type) }))
        .sort((a, b) => a.at - b.at);
      return {
        bars,
        kind: "range",
        least: sorted[0]?.text,
        most: sorted.at(-1)?.text,
        distinct,
        nulls,
      };
    }
  }
  const frequent = [...counts].sort((a, b) => b[1] - a[1]);
  return {
    bars: frequent.slice(0, TOP).map(([from, count]) => ({ count, from })),
    kind: distinct === present.length && distinct > 1 ? "unique" : "values",
    most: frequent[0]?.[0],
    distinct,
    nulls,
  };
}
