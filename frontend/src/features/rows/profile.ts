import type { Schemas } from "@/api/client";
import { cellText } from "@/ui/cell";
import type { Bar, Summary } from "./summary";

export type ColumnProfile = Schemas["ColumnProfile"];

/** Bars of the most frequent values in a head; the panel shows all. */
const TOP = 8;

/** The bars of a column: ranges of numbers and times, else the most frequent values. */
export function barsOf(profile: ColumnProfile): Bar[] {
  const bins = profile.histogram?.bins;
  if (bins) {
    return bins.map((bin, at) => {
      const next = bins[at + 1];
      return {
        count: bin.count,
        from: cellText(bin.from),
        ...(next ? { before: cellText(next.from) } : { to: cellText(bin.to) }),
      };
    });
  }
  return (profile.top?.values ?? []).map(({ value, count }) => ({ count, from: cellText(value) }));
}

/** What the head of a column shows of all its values. */
export function summaryOf(profile: ColumnProfile): Summary {
  const rows = profile.count + profile.nulls;
  const nulls = rows === 0 ? 0 : profile.nulls / rows;
  const distinct = profile.distinct?.count ?? 0;
  const approximate = profile.distinct?.approximate ?? false;
  if (profile.count === 0) return { bars: [], kind: "nulls", distinct, nulls };
  const bars = barsOf(profile);
  if (profile.histogram) {
    const ends = { least: cellText(profile.min), most: cellText(profile.max) };
    return { bars, kind: "range", ...ends, distinct, approximate, nulls };
  }
  const unique = !approximate && distinct === profile.count && distinct > 1;
  return {
    bars: bars.slice(0, TOP),
    kind: unique ? "unique" : "values",
    most: bars[0]?.from,
    distinct,
    approximate,
    nulls,
  };
}

/** What of a profile is estimated. */
export function estimated(profile: ColumnProfile): boolean {
  return [profile.distinct, profile.quantiles, profile.histogram, profile.top].some(
    (part) => part?.approximate,
  );
}
