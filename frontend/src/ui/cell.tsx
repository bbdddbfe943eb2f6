import { Fragment } from "react";

/** A value as files spell it; null in grey. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function CellValue({ value }: { value: unknown }) {
  if (value === null || value === undefined) {
    return <span className="text-2xs tracking-wide text-ink-3">null</span>;
  }
  return <Fragment>{cellText(value)}</Fragment>;
}
