/**
 * The journey of an analyst with the client that openapi-typescript makes from openapi.yaml.
 *
 *     client.ts SETUP_LINK
 *
 * Signs in by the set-up link, saves a dataset, generates, exports and fetches the workbook.
 */
import createClient from "openapi-fetch";
import type { components, paths } from "../src/api/schema";

declare const process: { argv: string[] };

type Problem = components["schemas"]["ProblemDocument"];

function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** The data of an answer; a problem document ends the journey. */
function data<T>(answer: { data?: T; error?: unknown }): T {
  expect(answer.data !== undefined, `refused: ${JSON.stringify(answer.error)}`);
  return answer.data;
}

/** A job once it has ended, asked for a minute at most. */
async function ended<T extends { state: components["schemas"]["State"] }>(
  read: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; tries < 600; tries += 1) {
    const job = await read();
    if (job.state !== "queued" && job.state !== "running") return job;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the job has not ended within a minute");
}

const [baseUrl, token] = (process.argv[2] ?? "").split("/setup#token=");
expect(baseUrl !== undefined && token !== undefined, "give the set-up link as the first argument");
const api = createClient<paths>({ baseUrl });

const user = { token, email: "ana@example.com", password: "correct horse battery", name: "Ana" };
const session = data(await api.POST("/api/v1/auth/setup", { body: user }));
api.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${session.access_token}`);
    return request;
  },
});

const path = { name: "hiring" };
const template = data(await api.GET("/api/v1/templates/{name}", { params: { path } }));
const wrong = await api.POST("/api/v1/plan", {
  body: { schema_text: template.text.replace("choice", "chioce") },
});
const refusal: Problem | undefined = wrong.error;
expect(refusal?.status === 422, "a misspelt generator is refused");

const dataset = data(await api.POST("/api/v1/datasets", { body: { schema_text: template.text } }));
const id = { id: dataset.id };
const saved = await api.PUT("/api/v1/datasets/{id}/schema", {
  params: { path: id, header: { "If-Match": `"${dataset.schema_etag}"` } },
  body: template.text.replace("candidates: 100", "candidates: 150"),
  bodySerializer: (text) => text as string,
  headers: { "Content-Type": "application/yaml" },
});
expect(data(saved).version === 2, "a change is a version");

const body = { seed: 7 };
const started = data(
  await api.POST("/api/v1/datasets/{id}/generations", { params: { path: id }, body }),
);
const own = { params: { path: { id: started.id } } };
const generation = await ended(async () => data(await api.GET("/api/v1/generations/{id}", own)));
expect(
  generation.state === "succeeded" && generation.certificate?.broken === 0,
  JSON.stringify(generation),
);

const rows = data(
  await api.GET("/api/v1/generations/{id}/tables/{table}/rows", {
    params: {
      path: { id: started.id, table: "candidate" },
      query: { limit: 5, where: "status = 'new'" },
    },
  }),
);
expect(typeof rows === "object" && rows.items.length === 5, "rows are read by a condition");

const asked = data(
  await api.POST("/api/v1/generations/{id}/exports", { ...own, body: { format: "xlsx" } }),
);
const file = { params: { path: { id: asked.id } } };
const made = await ended(async () => data(await api.GET("/api/v1/exports/{id}", file)));
const content = await api.GET("/api/v1/exports/{id}/content", { ...file, parseAs: "arrayBuffer" });
const bytes = new Uint8Array(content.data as ArrayBuffer);
expect(
  bytes.length === made.size_bytes && bytes[0] === 0x50 && bytes[1] === 0x4b,
  "the workbook is a zip archive",
);
console.log(`typescript: ${made.file_name}, ${bytes.length} bytes`);
