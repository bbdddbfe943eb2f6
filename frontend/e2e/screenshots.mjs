// Pictures of every screen in light and dark, English and Spanish: BINARY=… npm run screenshots. SCREENSHOTS names the folder,
// ONLY a part of the screens' names.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare, screens, show } from "./screens.mjs";
import {
  createAccount,
  finished,
  MODEL_KEY,
  openContext,
  signedIn,
  startBrowser,
  startModel,
  startServer,
} from "./support.mjs";

const folder = process.env.SCREENSHOTS ?? fileURLToPath(new URL("../screenshots", import.meta.url));
const only = process.env.ONLY;
const looks = (process.env.LOOKS ?? "light-en,dark-en,light-es,dark-es")
  .split(",")
  .map((look) => look.split("-"));
const PHONE = { width: 390, height: 844 };
const wanted = (name) => !only || only.split(",").some((part) => name.includes(part));

await mkdir(folder, { recursive: true });
const model = await startModel();
const server = await startServer({ OPENAI_API_KEY: MODEL_KEY, OPENAI_BASE_URL: model.url });
const browser = await startBrowser();

async function take(list, options = {}) {
  for (const [theme, language] of looks) {
    for (const size of options.sizes ?? [undefined, PHONE]) {
      const phone = size === PHONE;
      const chosen = list.filter(
        (screen) =>
          (!phone || screen.phone) && wanted(phone ? `phone-${screen.name}` : screen.name),
      );
      if (chosen.length === 0) continue;
      const context = await openContext(browser, server, { theme, language, size, ...options });
      const page = await context.newPage();
      for (const screen of chosen) {
        await show(page, screen);
        const name = `${phone ? "phone-" : ""}${screen.name}-${theme}-${language}.png`;
        await page.screenshot({ path: join(folder, name) });
        console.log(name);
      }
      await context.close();
    }
  }
}

try {
  const link = new URL(server.setupLink);
  await take([{ name: "setup", path: `${link.pathname}${link.hash}`, phone: true }], {
    account: null,
  });
  await createAccount(server);
  await take([{ name: "sign-in", path: "/datasets", phone: true }], { account: null });
  await take([{ name: "datasets-empty", path: "/datasets", phone: true }]);
  const call = await signedIn(server);
  await take(screens(await prepare(call, finished)));
} finally {
  await browser.close();
  await server.stop();
  model.stop();
}
