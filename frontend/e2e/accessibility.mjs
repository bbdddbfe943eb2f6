// Every screen, in both themes, at the desk and on a phone: no fault that axe finds, nothing wider than the screen, a title, no
// complaint of the browser.
import { faults } from "./axe.mjs";
import { prepare, screens, show } from "./screens.mjs";
import { createAccount, finished, openContext, signedIn, watch } from "./support.mjs";

const SIZES = {
  desk: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
  narrow: { width: 360, height: 740 },
};

export async function accessibility({ server, browser, check }) {
  async function look(list, options) {
    for (const [theme, language, size] of [
      ["light", "en", "desk"],
      ["dark", "es", "desk"],
      ["light", "es", "phone"],
      ["dark", "en", "narrow"],
    ]) {
      const context = await openContext(browser, server, {
        theme,
        language,
        size: SIZES[size],
        ...options,
      });
      const page = await context.newPage();
      const complaints = watch(page);
      for (const screen of list) {
        if (size !== "desk" && !screen.phone) continue;
        const name = `${screen.name} ${theme} ${language} ${size}`;
        await show(page, screen);
        check(`${name}: axe`, await faults(page, { overlay: screen.overlay }));
        check(`${name}: the browser`, complaints.splice(0));
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        check(`${name}: width`, wide > 0 ? [`${wide} px wider than the screen`] : []);
        const title = await page.title();
        check(`${name}: title`, / · Synthetic Data AI$/.test(title) ? [] : [title]);
        const lang = await page.evaluate(() => document.documentElement.lang);
        check(`${name}: language`, lang === language ? [] : [lang]);
      }
      await context.close();
    }
  }

  const link = new URL(server.setupLink);
  await look([{ name: "setup", path: `${link.pathname}${link.hash}`, phone: true }], {
    account: null,
  });
  await createAccount(server);
  await look([{ name: "sign-in", path: "/datasets", phone: true }], { account: null });
  await look([{ name: "datasets-empty", path: "/datasets", phone: true }]);
  const call = await signedIn(server);
  await look(screens(await prepare(call, finished)));
}
