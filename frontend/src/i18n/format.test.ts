import { describe, expect, it } from "vitest";
import { intlLocale, makeFormat } from "./format";

const en = makeFormat("en");
const es = makeFormat("es");
/** Spaces that do not break, as plain ones. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

it("Spanish is written as in Peru", () => {
  expect(intlLocale("es")).toBe("es-PE");
  expect(es.number(1250000.5)).toBe("1,250,000.5");
  expect(es.number(4400)).toBe("4,400");
  expect(en.number(4400)).toBe("4,400");
});

it("shares", () => {
  expect(plain(en.percent(0.64))).toBe("64%");
  expect(plain(es.percent(0.64))).toBe("64%");
});

it("bytes go by thousands", () => {
  expect(plain(en.bytes(0))).toBe("0 byte");
  expect(plain(en.bytes(999))).toBe("999 byte");
  expect(plain(en.bytes(1400000))).toBe("1.4 MB");
  expect(plain(es.bytes(31_600_000))).toBe("32 MB");
});

it("sums of money below a cent are not nothing", () => {
  expect([0, 0.0000123, 0.0046, 0.128, 12.5, 1234].map((sum) => plain(en.dollars(sum)))).toEqual([
    "USD 0.00",
    "USD 0.000012",
    "USD 0.0046",
    "USD 0.128",
    "USD 12.50",
    "USD 1,234.00",
  ]);
  expect(plain(es.dollars(0.0046))).toBe("USD 0.0046");
});

describe("durations", () => {
  it("say no more than two units", () => {
    expect([0.42, 8, 61, 130, 3600, 3840, 7199].map((s) => plain(en.duration(s)))).toEqual([
      "0.4 s",
      "8 s",
      "1 min 1 s",
      "2 min 10 s",
      "1 h",
      "1 h 4 min",
      "1 h 59 min",
    ]);
  });
  it("never say sixty", () => {
    expect(plain(en.duration(59.7))).toBe("1 min");
    expect(plain(en.duration(3599.6))).toBe("1 h");
  });
});

describe("relative times", () => {
  const now = new Date("2026-03-10T12:00:00Z");
  it("are words while they are near", () => {
    expect(en.relative("2026-03-10T11:59:30Z", now)).toBe("now");
    expect(es.relative("2026-03-10T11:59:30Z", now)).toBe("ahora");
    expect(en.relative("2026-03-10T11:58:00Z", now)).toBe("2 min ago");
    expect(es.relative("2026-03-10T11:58:00Z", now)).toBe("hace 2 min");
    expect(en.relative("2026-03-09T11:00:00Z", now)).toBe("yesterday");
  });
  it("are dates after a month", () => {
    expect(en.relative("2025-11-03T12:00:00Z", now)).toBe("Nov 3, 2025");
  });
});
