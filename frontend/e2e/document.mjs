// The interactive document of the API: it shows every operation under the policy of all pages, and asks nobody but the server.
import { openContext, watch } from "./support.mjs";

export async function document({ server, browser, check, step }) {
  const context = await openContext(browser, server, { account: null });
  const page = await context.newPage();
  const complaints = watch(page);
  const elsewhere = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== server.origin) elsewhere.push(url.href);
  });

  step("/docs shows every operation");
  await page.goto("/docs");
  await page.locator(".opblock").first().waitFor();
  const answer = await context.request.get("/openapi.json");
  const { paths } = await answer.json();
  const operations = Object.values(paths).flatMap((methods) => Object.keys(methods)).length;
  const shown = await page.locator(".opblock").count();
  check("operations", shown === operations ? [] : [`${shown} of ${operations} are shown`]);

  step("an operation is opened and tried");
  const setup = page.locator("#operations-auth-get_setup");
  await setup.locator(".opblock-summary").click();
  await setup.getByRole("button", { name: "Try it out" }).click();
  await setup.getByRole("button", { name: "Execute" }).click();
  await setup
    .locator(".live-responses-table .response-col_status")
    .filter({ hasText: "200" })
    .waitFor();

  check("requests elsewhere", elsewhere);
  check("complaints", complaints.splice(0));

  for (const path of ["/docs/", "/datasets"]) {
    step(`a script that somebody put into ${path} does not run, and is told`);
    await page.goto(path);
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.planted = true";
      document.body.append(script);
    });
    const ran = await page.evaluate(() => window.planted === true);
    check(`${path}: a planted script`, ran ? ["it ran"] : []);
    const told = complaints.splice(0).some((complaint) => complaint.includes("policy: script-src"));
    check(`${path}: the policy's complaint`, told ? [] : ["nobody was told"]);
  }
  await context.close();
}
