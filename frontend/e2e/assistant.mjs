// The language model: a proposal taken piece by piece and taken back by one undo, a column and a rule from words, a dataset from
// words, and a generation that waits for a key. The server has no key of its own, so all of it begins with none.
import { faults } from "./axe.mjs";
import { WORDS } from "./screens.mjs";
import { createAccount, MODEL_KEY, openContext, signedIn, watch } from "./support.mjs";

export async function assistant({ server, model, browser, check, step }) {
  await createAccount(server);
  const call = await signedIn(server);
  const { id } = await call("POST", "/datasets", { schema_text: WORDS });
  const context = await openContext(browser, server);
  const page = await context.newPage();
  const complaints = watch(page);
  const draft = () => page.evaluate((key) => localStorage.getItem(key), `modeller.draft.${id}`);
  const textOf = async () => JSON.parse((await draft()) ?? "{}").text ?? "";
  const keyField = page.getByLabel("OpenAI API key for this session");
  const words = page.getByRole("textbox", { name: "Describe what to add or change" });
  const proposal = page.getByRole("region", { name: "Proposal", exact: true });
  const axe = async (name) => check(`${name}: axe`, await faults(page));

  step("without a key the assistant says what is missing, and everything else works");
  await page.goto(`/datasets/${id}/schema`);
  await page.getByText(/plans in/).waitFor();
  await page.getByRole("button", { name: "Assistant" }).click();
  await page.getByText("No language model is set up").waitFor();
  await page.getByText("sees the schema, never rows").waitFor();
  await words.fill("Add a loyalty table");
  await words.press("Enter");
  check("nothing is asked", (await model.requests()).length === 0 ? [] : ["a request was made"]);
  await axe("without a key");

  step("a key that the model's server refuses is told, and asks for another");
  await keyField.fill("sk-wrong-0123456789");
  await keyField.press("Enter");
  await words.press("Enter");
  const refusal = page.getByRole("alert");
  await refusal.waitFor();
  check(
    "the refusal does not repeat the key",
    (await refusal.textContent()).includes("sk-wrong") ? [await refusal.textContent()] : [],
  );

  step("with the right key it proposes, mends its mistake, and says what it took");
  await page.getByRole("button", { name: "Forget it" }).click();
  await keyField.last().fill(MODEL_KEY);
  await keyField.last().press("Enter");
  await words.fill("Add a loyalty table");
  await words.press("Enter");
  await proposal.getByText("table loyalty").waitFor({ timeout: 20_000 });
  await page.getByText(/^2 rounds · [\d,]+ tokens/).waitFor();
  await page.getByText("Points go from 1 to 90.").waitFor();
  check("nothing is changed yet", (await draft()) === null ? [] : ["the draft has changed"]);

  step("the proposal is a difference in pieces, planned and previewed");
  const pieces = proposal.getByRole("list", { name: /^Changes/ }).getByRole("listitem");
  await proposal.getByRole("button", { name: /^Apply \d of \d$/ }).waitFor();
  check("pieces", (await pieces.count()) === 4 ? [] : await pieces.allTextContents());
  const preview = proposal.getByRole("region", { name: "Preview with these changes" });
  await preview.getByRole("columnheader", { name: "points" }).waitFor();
  await preview.getByText(/plans in/).waitFor();
  const phone = proposal.getByRole("region", { name: "Lines of column customer.phone" });
  await phone.getByText("null_rate: 0.1").waitFor();
  await axe("the proposal");

  step("what is not wanted is left, and the rest is applied as one step that keeps comments");
  await proposal.getByRole("checkbox", { name: /customer\.rows/ }).click();
  await proposal.getByRole("checkbox", { name: /customer\.note/ }).click();
  await proposal.getByRole("button", { name: "Apply 2 of 4" }).click();
  await page.getByText("Applied 2 changes").first().waitFor();
  await page.getByRole("button", { name: "Undo “2 changes from words”" }).waitFor();
  const applied = await textOf();
  const kept = ["# the shop at the corner", "# who buys", "# never reused", "rows: 40", "llm"];
  const made = ["null_rate: 0.1", "name: loyalty"];
  check(
    "the draft",
    [...kept, ...made].filter((part) => !applied.includes(part)),
  );

  step("one undo gives the very text back, and redo the proposal");
  await page.keyboard.press("Control+z");
  await page.getByRole("button", { name: "Nothing to undo" }).waitFor();
  check("the text is the saved one", (await draft()) === null ? [] : [await textOf()]);
  await page.keyboard.press("Control+Shift+z");
  await page.getByRole("button", { name: "Undo “2 changes from words”" }).waitFor();
  check("redo", (await textOf()) === applied ? [] : [await textOf()]);

  step("a column is changed by words");
  const inspector = page.getByRole("complementary", { name: "Inspector" });
  await page.getByRole("link", { name: "Plan" }).click();
  await page.getByRole("link", { name: "Schema" }).click();
  await page.getByRole("gridcell", { name: "phone", exact: true }).first().click();
  await inspector.getByRole("button", { name: "Describe this column" }).click();
  await inspector
    .getByRole("textbox", { name: "Describe this column" })
    .fill("One in five has none");
  await page.keyboard.press("Enter");
  await inspector.getByText("null_rate: 0.2").waitFor();
  await inspector.getByRole("button", { name: "Accept" }).click();
  await page.getByRole("button", { name: "Undo “1 change from words”" }).waitFor();
  check("the column", (await textOf()).includes("null_rate: 0.2") ? [] : [await textOf()]);

  step("a rule is written from words, and refused and accepted");
  await page
    .getByRole("link", { name: /^Rules/ })
    .or(page.getByRole("button", { name: /^Rules/ }))
    .first()
    .click();
  await page.getByRole("button", { name: "In words" }).click();
  const rule = page.getByRole("region", { name: "Describe the rule" });
  await rule.getByRole("textbox").fill("Names are never empty");
  await page.keyboard.press("Enter");
  await rule.getByText("id: named").waitFor();
  await rule.getByRole("button", { name: "Refuse" }).click();
  await rule.getByText("id: named").waitFor({ state: "detached" });
  await rule.getByRole("button", { name: "Propose" }).click();
  await rule.getByRole("button", { name: "Accept" }).click();
  await page.getByRole("region", { name: "named" }).waitFor();
  await page.keyboard.press("Control+s");
  await page.getByText("v2", { exact: true }).waitFor();

  step("the plan and the dialog say what the answers will cost");
  await page.getByRole("link", { name: "Plan" }).click();
  const costs = page.getByRole("region", { name: "Language model" });
  await costs.getByText("customer.note").waitFor();
  await costs.getByText(/≈ \d+ calls? · [\d,]+ tokens/).waitFor();
  await page.keyboard.press("Control+Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/^Answers that are missing take ≈/).waitFor();
  await dialog.getByLabel("At most").fill("0.5");
  await dialog.getByRole("button", { name: /^Generate [\d,]+ rows/ }).click();
  await page.getByRole("heading", { name: "corner is generated" }).waitFor({ timeout: 60_000 });
  const record = page.getByRole("complementary", { name: "Record" });
  await record.getByText("customer.note").waitFor();
  await record.getByText(/^[\d,]+ tokens · USD/).waitFor();

  step("the certificate says who wrote the column, and the usage what it took");
  await page.getByRole("link", { name: "Certificate", exact: true }).click();
  await page.getByRole("list", { name: "What there is to know" }).waitFor();
  await page.getByRole("link", { name: "Language model" }).click();
  await page.getByRole("cell", { name: "customer.note", exact: true }).waitFor();
  await page.getByRole("cell", { name: "Assistant", exact: true }).first().waitFor();
  await page.getByRole("combobox", { name: "Which generation" }).click();
  await page.getByRole("option", { name: /^corner · / }).click();
  await page
    .getByRole("cell", { name: "Assistant", exact: true })
    .first()
    .waitFor({ state: "detached" });
  await page.getByRole("cell", { name: "customer.note", exact: true }).waitFor();
  await page.getByRole("button", { name: "Ask again where it had no more" }).click();
  await page.getByText("0 questions are asked again by the next generation").waitFor();

  step("the key is nowhere but in the memory of the page");
  const stored = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.cookie]),
  );
  const cookies = JSON.stringify(await context.cookies());
  check("the browser's stores", `${stored}${cookies}`.includes(MODEL_KEY) ? ["it is there"] : []);
  await page.reload();
  await page.getByText("No language model is set up").waitFor();

  step("a generation without a key waits, and goes on with one");
  const other = await call("POST", "/datasets", {
    schema_text: WORDS.replace(
      "what the customer told us",
      "what we promised the customer",
    ).replace("name: corner", "name: promises"),
  });
  await page.goto(`/datasets/${other.id}/plan?generate=true`);
  await dialog.getByText("No language model is set up").waitFor();
  await dialog.getByRole("button", { name: /^Generate [\d,]+ rows/ }).click();
  await page.getByRole("heading", { name: "promises waits for a key" }).waitFor();
  await axe("waiting for a key");
  await keyField.fill(MODEL_KEY);
  await keyField.press("Enter");
  await page.getByRole("heading", { name: "promises is generated" }).waitFor({ timeout: 60_000 });

  step("a dataset is made from words");
  await page.getByRole("link", { name: "Datasets", exact: true }).first().click();
  await page.getByRole("link", { name: "Describe it in words" }).click();
  await page
    .getByRole("textbox", { name: "Describe the dataset, or what to change" })
    .fill("A library that lends books");
  await page.locator("input[type=file]").setInputFiles({
    name: "readers.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(`reader_code,born_on\n${SECRET},1990-01-02\n`),
  });
  const samples = page.getByRole("region", { name: "Columns of files" });
  await samples.getByText("reader_code string, born_on date").waitFor();
  await page.getByRole("textbox", { name: /^Describe the dataset/ }).press("Enter");
  await proposal.getByRole("heading", { name: "library" }).waitFor();
  await proposal.getByText("plans in").waitFor();
  await proposal.getByRole("button", { name: "Create the dataset" }).click();
  await page.waitForURL(/\/datasets\/[^/]+\/schema/);
  await page.goto(`${new URL(page.url()).pathname}?table=loan`);
  await page.getByText("lent_on").first().waitFor();

  check("the model saw no rows", await rowsSeen(model));
  check("the browser complains of nothing", complaints);
  await context.close();
}

/** A value of an uploaded file. */
const SECRET = "QX-55-SECRET";

/** Requests of the assistant that hold something of the rows; prompts of columns may name their own row. */
async function rowsSeen(model) {
  const asked = (await model.requests()).map(({ body }) => JSON.stringify(body.messages));
  const wrong = asked.filter((text) => /\+1\d{10}/.test(text) || text.includes(SECRET));
  const told = asked.some((text) => text.includes("reader_code"));
  return [
    ...wrong.map((text) => text.slice(0, 200)),
    ...(told ? [] : ["the names of the file's columns were not told"]),
  ];
}
