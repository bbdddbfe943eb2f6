import { createRequire } from "node:module";

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe finds wrong with the page as it stands: a line for each kind of fault, with its first places. */
export async function faults(page, { overlay = false } = {}) {
  if (!(await page.evaluate(() => "axe" in window))) {
    // Through the debugger, so that the page's own policy for scripts need not allow it.
    await page.evaluate(await (await import("node:fs/promises")).readFile(axePath, "utf8"));
  }
  const violations = await page.evaluate(
    async ({ tags, overlay }) => {
      const result = await window.axe.run(document, {
        runOnly: { type: "tag", values: tags },
        // An open menu floats above the landmarks; that is its place.
        rules: { region: { enabled: !overlay } },
      });
      return result.violations.map((violation) => ({
        id: violation.id,
        impact: violation.impact,
        places: violation.nodes
          .slice(0, 4)
          .map(
            (node) =>
              `${node.target.join(" ")}: ${node.failureSummary?.split("\n")[1]?.trim() ?? ""}`,
          ),
        count: violation.nodes.length,
      }));
    },
    { tags: TAGS, overlay },
  );
  return violations.map(
    ({ id, impact, places, count }) =>
      `${id} (${impact}, ${count}):\n      ${places.join("\n      ")}`,
  );
}
