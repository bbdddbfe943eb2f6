import { useMemo } from "react";
import { useTranslation } from "react-i18next";

/** The locale that writes numbers and dates: Spanish as in Peru, English as in the United States. */
export function intlLocale(language: string | undefined): string {
  return language?.startsWith("es") ? "es-PE" : "en-US";
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 7],
  ["week", 4.35],
  ["month", 12],
  ["year", Number.POSITIVE_INFINITY],
];

export interface Format {
  number(value: number, options?: Intl.NumberFormatOptions): string;
  /** 1.2 M; for places with no room. */
  compact(value: number): string;
  /** From a share between 0 and 1. */
  percent(share: number, digits?: number): string;
  bytes(value: number): string;
  /** US dollars; sums below a cent keep two digits that say something. */
  dollars(value: number): string;
  /** From seconds: "0.4 s", "8 s", "2 min 10 s", "1 h 4 min". */
  duration(seconds: number): string;
  date(value: string | Date): string;
  dateTime(value: string | Date): string;
  /** "now", "2 min ago", "yesterday"; a date once a month has passed. */
  relative(value: string | Date, now?: Date): string;
  list(values: string[]): string;
}

export function makeFormat(language: string): Format {
  const locale = intlLocale(language);
  // The signs of time are the same in both languages; a space that does not break keeps them with their number.
  const withSign = (value: number, sign: string, digits = 0) =>
    `${new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value)}\u00a0${sign}`;
  const format: Format = {
    number: (value, options) => new Intl.NumberFormat(locale, options).format(value),
    compact: (value) =>
      new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }).format(
        value,
      ),
    percent: (share, digits = 0) =>
      new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: digits }).format(
        share,
      ),
    bytes(value) {
      let size = value;
      let step = 0;
      while (size >= 999.5 && step < UNITS.length - 1) {
        size /= 1000;
        step += 1;
      }
      return new Intl.NumberFormat(locale, {
        style: "unit",
        unit: UNITS[step],
        unitDisplay: "short",
        maximumFractionDigits: step > 0 && size < 10 ? 1 : 0,
      }).format(size);
    },
    dollars: (value) =>
      new Intl.NumberFormat(locale, {
        style: "currency",
        currency: "USD",
        currencyDisplay: "code",
        ...(value !== 0 && Math.abs(value) < 0.01
          ? { maximumSignificantDigits: 2, minimumFractionDigits: 0 }
          : { minimumFractionDigits: 2, maximumFractionDigits: value < 1 ? 3 : 2 }),
      }).format(value),
    duration(seconds) {
      if (seconds < 1) return withSign(Math.max(seconds, 0), "s", 1);
      const whole = Math.round(seconds);
      if (whole < 60) return withSign(whole, "s");
      const [large, small, big, little] =
        whole < 3600
          ? [Math.floor(whole / 60), whole % 60, "min", "s"]
          : [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), "h", "min"];
      return small === 0
        ? withSign(large, big)
        : `${withSign(large, big)} ${withSign(small, little)}`;
    },
    date: (value) =>
      new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(new Date(value)),
    dateTime: (value) =>
      new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(
        new Date(value),
      ),
    relative(value, now = new Date()) {
      let distance = (new Date(value).getTime() - now.getTime()) / 1000;
      if (distance < -30 * 86400) return format.date(value);
      const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
      if (Math.abs(distance) < 60) return relative.format(0, "second");
      for (const [name, size] of STEPS) {
        if (Math.abs(distance) < size) {
          return relative.format(Math.round(distance), name).replaceAll(".", "");
        }
        distance /= size;
      }
      return format.date(value);
    },
    list: (values) => new Intl.ListFormat(locale, { type: "conjunction" }).format(values),
  };
  return format;
}

/** The formats of the interface's language. */
export function useFormat(): Format {
  const { i18n } = useTranslation();
  return useMemo(() => makeFormat(i18n.language), [i18n.language]);
}
