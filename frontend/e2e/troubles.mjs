// What goes wrong, and how one goes on: a schema that does not plan, an ended session, a server that is gone, a change of mind.
import { createAccount, openContext, signedIn, watch } from "./support.mjs";

const BROKEN = `name: broken
tables:
  - name: a
    rows: 10
    columns:
      - { name: n, generator: { type: nonsense } }
      - { name: m, max_length: -1 }
`;
const SMALL = `name: small
tables:
  - name: item
    rows: 12
    columns:
      - { name: id }
      - { name: label, generator: { type: constant, value: first } }
`;
const MISSPELT = `name: small
tables:
  - name: item
    rows: 12
    columns:
      - { name: label, null_rate: 1.5, generator: { type: constant, value: a } }
      - { name: who, generator: { type: frist_name } }
      - { name: size, generator: { type: integer, min: 1, mxa: 9 } } # at most
`;
/** More than any machine makes before somebody can press Cancel. */
const ENDLESS = { item: 60_000_000 };

export async function troubles({ server, browser, check, step }) {
  await createAccount(server);
  const call = await signedIn(server);
  const context = await openContext(browser, server);
  const page = await context.newPage();
  const complaints = watch(page);
  const dialog = page.getByRole("dialog");
  const list = page.getByRole("main");

  step("a schema that does not plan is refused with every problem and its place");
  await page.goto("/datasets");
  await page.getByRole("heading", { name: "Create your first dataset" }).waitFor();
  await page.keyboard.press("y");
  await dialog.getByLabel("Schema", { exact: true }).fill(BROKEN);
  await dialog.getByRole("button", { name: "Create the dataset" }).click();
  await dialog.getByText(/^The schema has \d+ problems?$/).waitFor();
  await dialog.getByText("tables[0].columns[0]").first().waitFor();

  step("mended, it is taken");
  await dialog.getByLabel("Schema", { exact: true }).fill(SMALL);
  await dialog.getByRole("button", { name: "Create the dataset" }).click();
  await page.waitForURL(/\/schema/);
  const id = /datasets\/([^/]+)/.exec(page.url())?.[1];

  step(
    "near misses in a schema are mended where they are told: in the text, in the list, in the form",
  );
  const editor = page.getByRole("textbox", { name: "Schema as YAML" });
  const panes = page.getByRole("complementary", { name: "Inspector" });
  await page.goto(`/datasets/${id}/schema?table=item&column=label&pane=yaml`);
  await editor.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(MISSPELT);
  await editor.getByRole("button", { name: "Use first_name" }).click();
  await editor.getByText("type: first_name").waitFor();
  await panes.getByRole("radio", { name: /^Problems/ }).click();
  await panes.getByRole("button", { name: "Rename to max" }).click();
  await panes.getByRole("button", { name: "Rename to max" }).waitFor({ state: "detached" });
  await page.getByRole("gridcell", { name: "label" }).first().click();
  await panes.getByRole("radio", { name: "Column" }).click();
  await panes.getByRole("button", { name: "Set to 1" }).click();
  await page.getByText(/plans in/).waitFor();
  await panes.getByRole("radio", { name: "YAML" }).click();
  for (const line of ["type: first_name", "max: 9 } } # at most", "null_rate: 1,"]) {
    await editor.getByText(line).waitFor();
  }
  await page.keyboard.press("Escape");

  step("a dataset of nothing but names of columns");
  await page.goto("/datasets?new=true");
  await dialog.getByRole("radio", { name: "From column names" }).click();
  await dialog.getByLabel("Name").fill("people");
  await dialog.getByLabel("Table").fill("person");
  await dialog.getByLabel("Columns").fill("id, first_name; email\ncity");
  await dialog.getByText("4 columns").waitFor();
  await dialog.getByRole("button", { name: "Create the dataset" }).click();
  await page.waitForURL(/\/schema/);
  await page.getByText("email").first().waitFor();

  step("renames the dataset");
  await page.goto("/datasets");
  await page.getByRole("button", { name: "More for people" }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await dialog.getByLabel("Name").fill("persons");
  await dialog.getByLabel("Description").fill("Four columns of persons");
  await dialog.getByRole("button", { name: "Save" }).click();
  await list.getByRole("link", { name: "persons", exact: true }).waitFor();
  await page.getByText("Four columns of persons").waitFor();

  step("finds it, and says what no search finds");
  await page.keyboard.press("/");
  await page.keyboard.type("small");
  await list.getByRole("link", { name: "persons", exact: true }).waitFor({ state: "detached" });
  await page.keyboard.type("est");
  await page.getByText('No dataset matches "smallest"').waitFor();
  await page.getByRole("button", { name: "Clear the search" }).click();
  await list.getByRole("link", { name: "persons", exact: true }).waitFor();

  step("an old version is restored by saving it again");
  const text = await (await context.request.get(`/datasets/${id}/versions`)).text();
  check(
    "the studio answers at every address",
    text.includes('<div id="root">') ? [] : [text.slice(0, 200)],
  );
  await page.goto(`/datasets/${id}/schema?table=item`);
  await page
    .getByText(/^Add a column/)
    .first()
    .click();
  await page.keyboard.type("extra");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+s");
  await page.getByText("v2", { exact: true }).waitFor();
  await page.getByRole("link", { name: /^Versions/ }).click();
  await page.getByRole("button", { name: /^Version 1/ }).click();
  await page.getByRole("button", { name: "Restore this version" }).click();
  await page.getByText("Version 1 is saved again as version 3").waitFor();
  await page.getByText("v3", { exact: true }).waitFor();

  step("a generation is cancelled");
  const generation = await call("POST", `/datasets/${id}/generations`, { rows: ENDLESS });
  await page.goto(`/generations/${generation.id}`);
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("heading", { name: "small was cancelled" }).waitFor();

  step("an ended session is renewed over the page, and what was asked goes on");
  await page.goto("/generators");
  await page.getByRole("searchbox").fill("number");
  let ended = true;
  await page.route("**/api/v1/**", (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path.endsWith("/auth/login")) ended = false;
    return ended
      ? route.fulfill({
          status: 401,
          contentType: "application/problem+json",
          body: JSON.stringify({ status: 401, code: "token_expired", title: "", detail: "" }),
        })
      : route.continue();
  });
  await page.getByRole("link", { name: "Datasets", exact: true }).click();
  await dialog.getByText("Your session has ended").waitFor();
  await dialog.getByLabel("Password").fill("una clave bien larga");
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await dialog.waitFor({ state: "detached" });
  await list.getByRole("link", { name: "persons", exact: true }).waitFor();
  await page.unroute("**/api/v1/**");
  check("the browser complains of nothing", complaints.splice(0));

  step("a server that is gone is told, and found again");
  await page.route("**/api/v1/**", (route) => route.abort());
  await page.getByRole("link", { name: "Exports", exact: true }).click();
  await page.getByText("The server does not answer").first().waitFor();
  await page.unroute("**/api/v1/**");
  await page.getByRole("heading", { name: "No file yet" }).waitFor({ timeout: 20_000 });
  await page.getByText("The server does not answer").waitFor({ state: "detached" });

  step("an address that leads nowhere says so");
  await page.goto("/datasets/nothing/plan");
  await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
  await page.goto("/no/such/page");
  await page.getByRole("heading", { name: "No such page" }).waitFor();
  await context.close();
}
