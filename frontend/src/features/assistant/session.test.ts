import { afterEach, describe, expect, it, vi } from "vitest";
import { partialText } from "./partial";
import { AssistantSession, openTurn } from "./session";

const PROPOSAL = {
  schema_text: "name: a\n",
  is_sound: true,
  rounds: 1,
  problems: [],
  pieces: [],
  chosen: [],
  usage: { calls: 1, prompt_tokens: 10, completion_tokens: 5, cost_usd: 0.001 },
};

function answer(events: [string, unknown][], init: ResponseInit = {}) {
  const text = events
    .map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    .join("");
  const headers = { "content-type": "text/event-stream" };
  const fetch = vi.fn(async (_: Request) => new Response(text, { headers, ...init }));
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

afterEach(() => vi.unstubAllGlobals());

describe("the conversation with the assistant", () => {
  it("hears rounds, words and problems, and ends in a proposal", async () => {
    const fetch = answer([
      ["round", { round: 1 }],
      ["delta", { text: '{"schema": "na' }],
      ["problem", { code: "unknown_key" }],
      ["problem", { code: "unknown_generator" }],
      ["round", { round: 2 }],
      ["problem", { code: "unknown_generator" }],
      ["result", PROPOSAL],
    ]);
    const session = new AssistantSession();
    const seen: string[] = [];
    session.subscribe(() => seen.push(session.get().at(-1)?.heard ?? ""));
    await session.ask({ words: "a shop", base: "name: b\n" });
    const [turn] = session.get();
    expect(turn?.problems).toHaveLength(1);
    expect(turn).toMatchObject({ state: "answered", round: 2 });
    expect(seen).toContain('{"schema": "na');
    expect(openTurn(session.get())).toBe(turn);
    const request = fetch.mock.calls[0]?.[0] as Request;
    expect(await request.json()).toEqual({ words: "a shop", schema_text: "name: b\n" });
  });

  it("says what a question may cost", async () => {
    const fetch = answer([["result", PROPOSAL]]);
    const session = new AssistantSession();
    session.ceilingUsd = 0.02;
    await session.ask({ words: "a shop", base: null });
    const [sent] = fetch.mock.calls[0] ?? [];
    expect(await sent?.json()).toMatchObject({ ceiling_usd: 0.02 });
  });

  it("shows the model what was proposed and not yet applied", async () => {
    const fetch = answer([["result", PROPOSAL]]);
    const session = new AssistantSession();
    await session.ask({ words: "more", base: "name: b\n", present: "name: c\n" });
    const [sent] = fetch.mock.calls[0] ?? [];
    expect(await sent?.json()).toEqual({
      words: "more",
      schema_text: "name: c\n",
      base_text: "name: b\n",
    });
  });

  it("keeps what a server that breaks off or refuses says, and asks no second time", async () => {
    const session = new AssistantSession();
    const cut = answer([["round", { round: 1 }]]);
    await session.ask({ words: "a", base: null });
    expect(session.get()[0]).toMatchObject({ state: "failed", proposal: null });
    expect(cut).toHaveBeenCalledTimes(1);
    answer([["error", { status: 424, code: "llm_refused", detail: "no" }]]);
    await session.ask({ words: "b", base: null });
    expect(session.get()[1]?.error).toMatchObject({ code: "llm_refused", detail: "no" });
    answer([], { status: 409, headers: { "content-type": "application/problem+json" } });
    await session.ask({ words: "c", base: null });
    expect(session.get()[2]?.error?.status).toBe(409);
    expect(openTurn(session.get())).toBeUndefined();
  });

  it("takes pieces and leaves them", async () => {
    answer([["result", PROPOSAL]]);
    const session = new AssistantSession();
    await session.ask({ words: "a", base: "" });
    session.choose(1, ["/a", "/b"], false);
    session.choose(1, ["/b"], true);
    expect([...(session.get()[0]?.refused ?? [])]).toEqual(["/a"]);
    session.settle(1, "applied", 3);
    expect(openTurn(session.get())).toBeUndefined();
  });
});

describe("an answer that is still being written", () => {
  it("is read as far as it goes", () => {
    expect(partialText('{"schema": "name: a\\ntab', "schema")).toBe("name: a\ntab");
    expect(partialText('{"schema": "a\\', "schema")).toBe("a");
    expect(partialText('{"schema": "a\\u00', "schema")).toBe("a");
    expect(partialText('{"schema": "a \\"b\\"", "remarks": "c', "schema")).toBe('a "b"');
    expect(partialText('{"sch', "schema")).toBe("");
  });
});
