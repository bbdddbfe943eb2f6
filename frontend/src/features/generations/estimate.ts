/** Rows a second that a small machine makes of a table of ten columns: for a hint before anything was measured. */
const ROWS_A_SECOND = 150_000;
/** Bytes a value takes in the stored files, about. */
const BYTES_A_VALUE = 6;

export interface Estimate {
  seconds: number;
  bytes: number;
}

/** How long rows will take and what they will occupy, from their counts and numbers of columns. */
export function estimate(
  tables: { rows: number; columns: number }[],
  measured?: number | null,
): Estimate {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const values = tables.reduce((sum, table) => sum + table.rows * table.columns, 0);
  const seconds = measured && measured > 0 ? rows / measured : values / (ROWS_A_SECOND * 10);
  return { seconds, bytes: values * BYTES_A_VALUE };
}

/** A seed that every JSON reader keeps: a whole number from 0 to 2^53 − 1. */
export function drawSeed(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high & 0x1fffff) * 2 ** 32 + low;
}
