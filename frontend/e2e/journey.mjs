// The journey of a new user: from the printed link to a workbook in the downloads.
import { readFile } from "node:fs/promises";
import { ACCOUNT, openContext, watch } from "./support.mjs";
import { sheetsOf, textOf } from "./workbook.mjs";

const TEMPLATE = "hiring";
const TABLE = "candidate";
const TABLES = ["company", TABLE, "process"];

export async function journey({ server, browser, check, step }) {
  const context = await openContext(browser, server, { account: null });
  const page = await context.newPage();
  const complaints = watch(page);

  step("opens the set-up link and creates the first account");
  await page.goto(server.setupLink);
  await page.getByLabel("Name").fill(ACCOUNT.name);
  await page.getByLabel("E-mail").fill(ACCOUNT.email);
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Create the account and sign in" }).click();
  await page.getByText("At least 12 characters").waitFor();
  await page.getByLabel("Password").fill(ACCOUNT.password);
  await page.getByRole("button", { name: "Create the account and sign in" }).click();
  await page.getByRole("heading", { name: "Create your first dataset" }).waitFor();
  check("the token is gone from the address", page.url().includes("token") ? [page.url()] : []);

  step("reloads and is still signed in");
  await page.reload();
  await page.getByRole("heading", { name: "Create your first dataset" }).waitFor();

  step("creates a dataset from an example");
  await page.keyboard.press("e");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: new RegExp(`^${TEMPLATE}`) }).click();
  await dialog.getByRole("button", { name: `Create from ${TEMPLATE}` }).click();
  await page.waitForURL(/\/datasets\/[^/]+\/schema/);

  step("adds a column by typing its name, and sees its rows");
  await page.goto(`${new URL(page.url()).pathname}?table=${TABLE}`);
  await page
    .getByText(/^Add a column/)
    .first()
    .click();
  await page.keyboard.type("contact_email");
  await page.keyboard.press("Enter");
  const preview = page.getByRole("region", { name: "Preview" });
  await preview.getByText("contact_email").waitFor();
  await preview.getByText(/@/).first().waitFor();

  step("changes a column, and the preview's rows change with it");
  await page.getByRole("gridcell", { name: "first_name", exact: true }).first().click();
  await page.keyboard.press("g");
  await page.getByRole("combobox", { name: "Find a generator" }).fill("constant");
  await page.keyboard.press("Enter");
  const value = page.getByRole("complementary", { name: "Inspector" }).getByLabel(/^value/);
  await value.fill("Rosaura");
  await value.press("Tab");
  await preview.getByRole("cell", { name: "Rosaura" }).nth(4).waitFor();

  step("saves a version");
  await page.keyboard.press("Control+s");
  await page.getByText("v2", { exact: true }).waitFor();

  step("the plan says what was chosen for the column");
  await page.getByRole("link", { name: "Plan" }).click();
  await page.getByText(`${TABLE}.contact_email`).first().waitFor();
  await page.getByText("Rows in flight, a thread").waitFor();
  const diagram = page.getByRole("region", { name: "Diagram" });
  check(
    "the plan draws keys",
    (await diagram.textContent()).startsWith("erDiagram") ? [] : ["no diagram"],
  );

  step("compares the versions");
  await page.getByRole("link", { name: /^Versions/ }).click();
  await page.getByRole("button", { name: /Version 2/ }).click();
  await page.getByRole("radio", { name: "Changes" }).click();
  await page.getByText(/\d+ lines? added/).waitFor();

  step("generates");
  await page.keyboard.press("Control+Enter");
  await dialog.getByRole("heading", { name: `Generate ${TEMPLATE}` }).waitFor();
  await dialog.getByRole("button", { name: "Another seed" }).click();
  await dialog.getByRole("button", { name: /^Generate [\d,]+ rows/ }).click();
  await page.waitForURL(/\/generations\/[^/]+$/);
  await page
    .getByRole("heading", { name: `${TEMPLATE} is generated` })
    .waitFor({ timeout: 60_000 });
  check(
    "the title tells the state",
    /Succeeded/.test(await page.title()) ? [] : [await page.title()],
  );

  step("browses, filters and orders the rows");
  await page.getByRole("link", { name: TABLE, exact: true }).click();
  const grid = page.getByRole("grid");
  await grid.getByText("contact_email").waitFor();
  await grid.getByRole("gridcell").first().waitFor();
  await grid.getByRole("button", { name: /^integer id/ }).click();
  await page.waitForURL(/order_by=id/);
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByLabel("Or a condition in SQL").fill("id <= 7");
  await page.getByRole("button", { name: "Apply the filter" }).click();
  await page.getByText(/^7 of /).waitFor();
  await page.goBack();
  await page.getByText(/^\d+ rows$/).waitFor();

  step("narrows the rows by a drag over a histogram, and by words that a text holds");
  await page.goto(`${new URL(page.url()).pathname}?table=${TABLE}`);
  const histogram = page.getByRole("img", { name: /^hired_on of all rows/ });
  const box = await histogram.boundingBox();
  await page.mouse.move(box.x + box.width * 0.1, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 10, { steps: 4 });
  await page.mouse.up();
  await page.getByText(/^[1-9]\d* of 100 rows$/).waitFor();
  await page.getByRole("button", { name: /^Remove "hired_on"/ }).click();
  await page.getByText(/^100 rows$/).waitFor();
  await page.getByRole("button", { name: "Filter" }).click();
  const filter = page.getByRole("dialog", { name: "New filter" });
  await filter.getByLabel("Column").click();
  await page.getByRole("option", { name: "status" }).click();
  await filter.getByLabel("Comparison").click();
  await page.getByRole("option", { name: "contains" }).click();
  await filter.getByLabel("Value").fill("EMPLOY");
  await filter.getByRole("button", { name: "Apply the filter" }).click();
  await page.getByText(/^[1-9]\d* of 100 rows$/).waitFor();

  step("follows a key to the row that it names, and comes back");
  await grid.getByTitle("Open the row of company").first().click();
  await page.getByText(/^1 of 1 row$/).waitFor();
  await page.goBack();
  await page.getByText(/^[1-9]\d* of 100 rows$/).waitFor();

  step("reads the profile of a column beside the rows");
  await page.goto(`${new URL(page.url()).pathname}?table=${TABLE}`);
  await page.getByTitle("Profile of status").click();
  const profile = page.getByRole("complementary", { name: "Profile of status" });
  await profile.getByText("Most frequent values").waitFor();
  await profile.getByText("All figures are counted over all rows.").waitFor();
  await page.reload();
  await profile.getByRole("button", { name: "Close the profile" }).click();
  await profile.waitFor({ state: "detached" });

  step("asks the rows a question in SQL, and is told what was read");
  await page.getByRole("link", { name: "SQL", exact: true }).click();
  const statement = page.getByRole("textbox", { name: /^SQL over the tables/ });
  await statement.fill(`SELECT count(*) AS candidates FROM ${TABLE};\nDELETE FROM ${TABLE};\n`);
  await statement.press("Control+Home");
  await statement.press("Control+Enter");
  await page.getByText(`read 100 rows of ${TABLE}`).waitFor();
  await page.getByRole("cell", { name: "100", exact: true }).waitFor();
  await statement.press("Control+End");
  await statement.press("Control+Enter");
  await page.getByRole("alert").waitFor();

  step("reads the certificate");
  await page.getByRole("link", { name: "Certificate" }).click();
  await page.getByRole("heading", { name: /^All \d+ statements hold$/ }).waitFor();
  await page.getByRole("button", { name: /planned-in-order/ }).click();
  await page.getByRole("region", { name: "SQL of planned-in-order" }).waitFor();

  step("exports a workbook and downloads it");
  await page.getByRole("link", { name: "Exports" }).last().click();
  await page.getByRole("radio", { name: /^Excel/ }).click();
  await page.getByRole("button", { name: /^Export \d+ tables$/ }).click();
  const download = page.waitForEvent("download");
  await page
    .getByRole("button", { name: /^Download .+\.xlsx$/ })
    .first()
    .click({ timeout: 30_000 });
  const file = await download;
  const bytes = await readFile(await file.path());
  check(
    "the file has the dataset's name",
    file.suggestedFilename() === `${TEMPLATE}.xlsx` ? [] : [file.suggestedFilename()],
  );
  const sheets = sheetsOf(bytes);
  check(
    "the workbook has a sheet for every table",
    TABLES.every((table) => sheets.includes(table)) ? [] : [`sheets: ${sheets.join(", ")}`],
  );
  check(
    "the changed column is in the workbook",
    textOf(bytes).includes("Rosaura") ? [] : ["its value is nowhere"],
  );

  step("the command that fetches it brings the same bytes");
  await page
    .getByRole("button", { name: /^Fetch .+\.xlsx from a script$/ })
    .first()
    .click();
  const command = page.getByRole("region", { name: /from a script$/ });
  await command.getByText("curl").waitFor();
  const url = /'(https?:[^']+)'/.exec(await command.textContent())?.[1] ?? "";
  const fetched = Buffer.from(await (await fetch(url)).arrayBuffer());
  check(
    "curl and browser agree",
    fetched.equals(bytes) ? [] : [`${fetched.length} bytes of ${url}`],
  );

  step("deletes the dataset and takes it back");
  await page.getByRole("link", { name: "Datasets", exact: true }).first().click();
  await page.getByRole("button", { name: `More for ${TEMPLATE}` }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByText(`Deleted ${TEMPLATE}. It is kept for 30 days`).waitFor();
  await page.getByRole("heading", { name: "Create your first dataset" }).waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("main").getByRole("link", { name: TEMPLATE, exact: true }).waitFor();

  step("changes the language and the theme");
  await page.getByRole("button", { name: new RegExp(ACCOUNT.name) }).click();
  await page.getByRole("menuitemcheckbox", { name: "Español" }).click();
  await page.getByRole("heading", { name: "Conjuntos de datos" }).waitFor();
  await page.getByRole("button", { name: new RegExp(ACCOUNT.name) }).click();
  await page.getByRole("menuitemcheckbox", { name: "Oscuro" }).click();
  const theme = await page.evaluate(() => document.documentElement.dataset.theme);
  check("the theme is dark", theme === "dark" ? [] : [String(theme)]);

  step("signs out, and a wrong password is told");
  await page.getByRole("button", { name: new RegExp(ACCOUNT.name) }).click();
  await page.getByRole("menuitem", { name: "Cerrar sesión" }).click();
  await page.getByRole("heading", { name: "Iniciar sesión" }).waitFor();
  await page.getByLabel("Correo").fill(ACCOUNT.email);
  await page.getByLabel("Contraseña").fill("wrong");
  await page.getByRole("button", { name: "Iniciar sesión" }).click();
  await page.getByText("El correo o la contraseña no es correcto").waitFor();
  await page.getByLabel("Contraseña").fill(ACCOUNT.password);
  await page.getByRole("button", { name: "Iniciar sesión" }).click();
  await page.getByRole("main").getByRole("link", { name: TEMPLATE, exact: true }).waitFor();

  check("the browser complains of nothing", complaints);
  await context.close();
}
