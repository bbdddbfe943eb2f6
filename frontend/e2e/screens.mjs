// Every screen of the studio: how to come to it, for pictures and for the check of accessibility.

const settle = (page) => page.waitForLoadState("networkidle");

/** A dataset with a column that a language model writes, for the screens that show what it costs. */
export const WORDS = `# the shop at the corner
name: corner
random_seed: 3
tables:
  # who buys
  - name: customer
    rows: 40
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } } # never reused
      - { name: name, generator: { type: full_name } }
      - { name: phone, generator: { type: phone } }
      - name: note
        description: what the customer told us
        generator: { type: llm, pool: 20 }
`;

/** Asks the assistant and waits for its proposal. */
const ask = (words, proposed) => async (page) => {
  const field = page.getByRole("textbox", { name: /^(Describe|Describe el) / }).last();
  await field.fill(words);
  await field.press("Enter");
  await page.getByText(proposed).first().waitFor();
  await settle(page);
};

/** What the screens show: a dataset of every example, generated rows, and files of them. */
export async function prepare(call, finished) {
  const templates = (await call("GET", "/templates")).items;
  const datasets = [];
  for (const template of templates) {
    datasets.push(
      await call("POST", "/datasets", {
        schema_text: template.text,
        media_type: "application/yaml",
      }),
    );
  }
  const main = datasets.find((dataset) => dataset.name === "hiring") ?? datasets[0];
  const others = datasets.filter((dataset) => dataset !== main);
  for (const dataset of others.slice(0, 2)) {
    const generation = await call("POST", `/datasets/${dataset.id}/generations`, {});
    await finished(call, `/generations/${generation.id}`);
  }
  const generation = await call("POST", `/datasets/${main.id}/generations`, { scale: 20 });
  await finished(call, `/generations/${generation.id}`);
  const formats = (await call("GET", "/formats")).items;
  for (const format of formats.slice(0, 3)) {
    const file = await call("POST", `/generations/${generation.id}/exports`, {
      format: format.name,
    });
    await finished(call, `/exports/${file.id}`);
  }
  const words = await call("POST", "/datasets", { schema_text: WORDS });
  const written = await call("POST", `/datasets/${words.id}/generations`, {});
  await finished(call, `/generations/${written.id}`);
  return {
    dataset: main.id,
    generation: generation.id,
    words: words.id,
    written: written.id,
  };
}

/** A column of the example that has parameters and something to draw. */
const COLUMN = "table=candidate&column=status";
const GENERATOR = /^(Generator|Generador): /;

/** Writes a generator that does not exist, so that the problems have something to say. */
async function misspell(page) {
  // The draft is kept by the browser, so that a second visit finds it as it was left.
  const told = page.getByText(/^\d+ problem/).first();
  if (
    await told.waitFor({ timeout: 1500 }).then(
      () => true,
      () => false,
    )
  )
    return;
  await page.getByRole("textbox", { name: /YAML/ }).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText(
    "\n  - name: contact\n    rows: 20\n    columns:\n      - { name: first, generator: { type: frist_name } }\n",
  );
  await told.waitFor();
}

/** `at` names what `prepare` made. `phone: true` also takes it at 390 × 844. */
export function screens(at) {
  const dataset = `/datasets/${at.dataset}`;
  const generation = `/generations/${at.generation}`;
  return [
    { name: "datasets", path: "/datasets", phone: true },
    {
      name: "datasets-no-match",
      path: "/datasets?search=planilla",
    },
    { name: "new-dataset", path: "/datasets?new=true", phone: true },
    {
      name: "new-dataset-text",
      path: "/datasets?new=true",
      act: (page) => page.getByRole("radio", { name: "YAML" }).click(),
    },
    { name: "schema", path: `${dataset}/schema`, phone: true },
    { name: "schema-column", path: `${dataset}/schema?${COLUMN}`, phone: true },
    { name: "schema-yaml", path: `${dataset}/schema?${COLUMN}&pane=yaml`, phone: true },
    {
      name: "schema-rules",
      path: `${dataset}/schema?table=process&section=rules`,
      phone: true,
    },
    { name: "schema-keys", path: `${dataset}/schema?table=process&section=keys`, phone: true },
    {
      name: "schema-picker",
      overlay: true,
      path: `${dataset}/schema?${COLUMN}`,
      act: async (page) => {
        await page.getByRole("button", { name: GENERATOR }).last().click();
        await page.getByRole("listbox").waitFor();
      },
    },
    {
      name: "schema-problems",
      path: `${dataset}/schema?${COLUMN}&pane=yaml`,
      act: misspell,
    },
    {
      name: "schema-problem-list",
      path: `${dataset}/schema?${COLUMN}&pane=yaml`,
      act: async (page) => {
        await misspell(page);
        await page.getByRole("radio", { name: /^(Problems|Problemas)/ }).click();
      },
    },
    { name: "assistant-empty", path: `${dataset}/schema?section=assistant`, phone: true },
    {
      name: "assistant",
      path: `/datasets/${at.words}/schema?section=assistant`,
      phone: true,
      act: ask("Add a loyalty table", /^(table|tabla) loyalty$/),
    },
    { name: "describe-empty", path: "/datasets/describe" },
    {
      name: "describe",
      path: "/datasets/describe",
      phone: true,
      act: ask("A library that lends books", "reader_id"),
    },
    {
      name: "schema-column-words",
      path: `/datasets/${at.words}/schema?table=customer&column=phone`,
      phone: true,
      act: async (page) => {
        await page.getByRole("button", { name: /^(Describe this|Describir esta)/ }).click();
        const field = page.getByRole("textbox", { name: /^(Describe this|Describir esta)/ });
        await field.fill("One in five has none");
        await field.press("Enter");
        await page.getByRole("button", { name: /^(Accept|Aceptar)$/ }).waitFor();
        await settle(page);
      },
    },
    {
      name: "schema-rule-words",
      path: `/datasets/${at.words}/schema?table=customer&section=rules`,
      act: async (page) => {
        await page.getByRole("button", { name: /^(In words|En palabras)$/ }).click();
        const field = page.getByRole("textbox", { name: /^(Describe the|Describir la)/ });
        await field.fill("Names are never empty");
        await field.press("Enter");
        await page.getByRole("button", { name: /^(Accept|Aceptar)$/ }).waitFor();
        await settle(page);
      },
    },
    { name: "plan", path: `${dataset}/plan`, phone: true },
    { name: "plan-words", path: `/datasets/${at.words}/plan`, phone: true },
    { name: "generate-words", path: `/datasets/${at.words}/plan?generate=true`, phone: true },
    { name: "generation-words", path: `/generations/${at.written}`, phone: true },
    { name: "certificate-words", path: `/generations/${at.written}/certificate`, phone: true },
    { name: "usage", path: "/usage", phone: true },
    { name: "dataset-generations", path: `${dataset}/generations` },
    { name: "generate", path: `${dataset}/generations?generate=true`, phone: true },
    { name: "versions", path: `${dataset}/versions`, phone: true },
    { name: "generations", path: "/generations", phone: true },
    { name: "generation", path: generation, phone: true },
    { name: "rows", path: `${generation}/rows`, phone: true },
    {
      name: "rows-filter",
      path: `${generation}/rows`,
      act: async (page) => {
        await page.keyboard.press("f");
        await page.getByRole("dialog").waitFor();
      },
    },
    {
      name: "rows-profile",
      path: `${generation}/rows?table=candidate&profile=status`,
      phone: true,
    },
    {
      name: "sql",
      path: `${generation}/sql`,
      phone: true,
      act: async (page) => {
        await page.getByRole("textbox").press("Control+Enter");
        await page.getByRole("status").first().waitFor();
        await page.getByRole("table").waitFor();
      },
    },
    { name: "certificate", path: `${generation}/certificate`, phone: true },
    {
      name: "certificate-proof",
      path: `${generation}/certificate`,
      act: async (page) => {
        await page.locator("section li > button").first().click();
        await settle(page);
      },
    },
    { name: "generation-exports", path: `${generation}/exports`, phone: true },
    { name: "exports", path: "/exports", phone: true },
    { name: "generators", path: "/generators", phone: true },
    { name: "not-found", path: "/nowhere" },
    {
      name: "person-menu",
      overlay: true,
      path: "/datasets",
      act: (page) => page.getByRole("button", { name: /Lucía Paredes/ }).click(),
    },
  ];
}

/** Opens a screen and waits until nothing is under way. */
export async function show(page, screen) {
  await page.goto(screen.path);
  await settle(page);
  await page
    .locator(".bone")
    .first()
    .waitFor({ state: "detached", timeout: 5000 })
    .catch(() => undefined);
  if (screen.act) await screen.act(page);
  // What appears does so within 280 ms.
  await page.waitForTimeout(350);
}
