import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

it("every pair of colours has its contrast, and the colours of charts are told apart", () => {
  const script = join(import.meta.dirname, "../../scripts/check-contrast.mjs");
  const said = execFileSync(process.execPath, [script], { encoding: "utf8" });
  expect(said).toMatch(/\d+ pairs, 0 shortfalls/);
});
