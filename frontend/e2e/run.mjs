// Journeys in a browser against the program itself: BINARY=path/of/synthetic-data npm run e2e [journey|troubles|assistant|accessibility|document].
import { accessibility } from "./accessibility.mjs";
import { assistant } from "./assistant.mjs";
import { document } from "./document.mjs";
import { journey } from "./journey.mjs";
import { MODEL_KEY, startBrowser, startModel, startServer } from "./support.mjs";
import { troubles } from "./troubles.mjs";

const JOURNEYS = { journey, troubles, assistant, accessibility, document };
/** Journeys that talk to a language model, with the key that the server has of its own. */
const MODELS = { assistant: "", accessibility: MODEL_KEY };
const chosen = process.argv.slice(2);
let failed = 0;
let checks = 0;

for (const [name, run] of Object.entries(JOURNEYS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  console.log(`\n${name}`);
  const key = MODELS[name];
  const model = key === undefined ? undefined : await startModel();
  const server = await startServer({
    OPENAI_API_KEY: key ?? "",
    ...(model ? { OPENAI_BASE_URL: model.url } : {}),
  });
  const browser = await startBrowser();
  let at = "";
  try {
    await run({
      server,
      model,
      browser,
      step(words) {
        at = words;
        console.log(`  ${words}`);
      },
      check(words, wrong) {
        checks += 1;
        if (wrong.length === 0) return;
        failed += 1;
        console.log(`  ✗ ${words}\n    ${wrong.join("\n    ")}`);
      },
    });
  } catch (error) {
    failed += 1;
    console.log(`  ✗ ${at}\n${error instanceof Error ? error.stack : error}`);
    for (const context of browser.contexts()) {
      for (const page of context.pages()) {
        console.log(`  at ${page.url()}`);
        if (process.env.SHOT) await page.screenshot({ path: process.env.SHOT });
      }
    }
  } finally {
    await browser.close();
    await server.stop();
    model?.stop();
  }
}

console.log(`\n${checks} checks, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
