import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

type Answer = (request: Request) => Response | Promise<Response>;
const user = { id: "1", email: "a@b.example", name: "A", role: "editor", created_at: "" };
const session = (token: string, seconds = 900) =>
  Response.json({ access_token: token, token_type: "Bearer", expires_in: seconds, user });
const problem = (status: number, code: string, more: object = {}) =>
  new Response(
    JSON.stringify({
      type: "about:blank",
      title: code,
      status,
      code,
      detail: "why",
      request_id: "r1",
      ...more,
    }),
    {
      status,
      headers: { "content-type": "application/problem+json", "retry-after": "7" },
    },
  );

let answers: Record<string, Answer>;
let asked: string[];

beforeEach(() => {
  vi.resetModules();
  asked = [];
  answers = {};
  vi.stubGlobal("fetch", async (input: Request | string, init?: RequestInit) => {
    const request = new Request(
      typeof input === "string" ? new URL(input, location.href) : input,
      init,
    );
    const path = new URL(request.url).pathname.replace("/api/v1", "");
    asked.push(`${request.method} ${path} ${request.headers.get("authorization") ?? "-"}`);
    const answer = answers[path];
    if (!answer) throw new TypeError("no server");
    return answer(request);
  });
});

afterEach(() => vi.unstubAllGlobals());

const load = async () => ({
  session: await import("./session"),
  client: await import("./client"),
  problem: await import("./problem"),
});

describe("the client", () => {
  it("renews an ended token once for many requests and sends them again", async () => {
    let current = "old";
    answers["/auth/login"] = () => session("old");
    answers["/auth/refresh"] = () => {
      current = "new";
      return session("new");
    };
    answers["/templates"] = (request) =>
      request.headers.get("authorization") === "Bearer new"
        ? Response.json({ items: [], total: 0, next: null })
        : problem(401, "token_expired");
    const { session: sessions, client } = await load();
    await sessions.signIn("a@b.example", "x");
    const results = await Promise.all([
      client.client.GET("/api/v1/templates"),
      client.client.GET("/api/v1/templates"),
    ]);
    expect(results.map((result) => result.data?.total)).toEqual([0, 0]);
    expect(current).toBe("new");
    expect(asked.filter((line) => line.includes("/auth/refresh"))).toHaveLength(1);
  });

  it("renews a token that is about to end before it is used", async () => {
    answers["/auth/login"] = () => session("old", 5);
    answers["/auth/refresh"] = () => session("new");
    answers["/templates"] = () => Response.json({ items: [], total: 0, next: null });
    const { session: sessions, client } = await load();
    await sessions.signIn("a@b.example", "x");
    await client.client.GET("/api/v1/templates");
    expect(asked.at(-1)).toBe("GET /templates Bearer new");
  });

  it("lets a request wait while the session is expired, and sends its body again", async () => {
    const bodies: string[] = [];
    answers["/auth/login"] = () => session(bodies.length === 0 ? "one" : "two");
    answers["/auth/refresh"] = () => problem(401, "no_session");
    answers["/plan"] = async (request) => {
      bodies.push(await request.text());
      return request.headers.get("authorization") === "Bearer two"
        ? Response.json({ dataset: "x" })
        : problem(401, "token_expired");
    };
    const { session: sessions, client } = await load();
    await sessions.signIn("a@b.example", "x");
    const waiting = client.client.POST("/api/v1/plan", { body: { schema_text: "name: x" } });
    await vi.waitFor(() => expect(sessions.sessionState().status).toBe("expired"));
    await sessions.signIn("a@b.example", "x");
    expect((await waiting).data).toEqual({ dataset: "x" });
    expect(bodies).toEqual([bodies[0], bodies[0]]);
    expect(bodies[0]).toContain("name: x");
  });

  it("rejects with the problem of the server", async () => {
    const errors = [
      { code: "too_small", severity: "error", pointer: "/tables/0/rows", detail: "d" },
    ];
    answers["/templates"] = () => problem(422, "schema_invalid", { errors });
    const { client, problem: problems } = await load();
    const failure = await client.client.GET("/api/v1/templates").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(problems.ApiProblem);
    expect(failure).toMatchObject({
      status: 422,
      code: "schema_invalid",
      detail: "why",
      requestId: "r1",
      retryAfter: 7,
      errors,
      unreachable: false,
    });
  });

  it("tells an unreachable server from one that refuses", async () => {
    const { client } = await load();
    const failure = await client.client.GET("/api/v1/templates").catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 0, code: "unreachable", unreachable: true });
  });

  it("takes an answer that is no problem document for what it is", async () => {
    answers["/templates"] = () =>
      new Response("<h1>Bad gateway</h1>", { status: 502, statusText: "Bad Gateway" });
    const { client } = await load();
    const failure = await client.client.GET("/api/v1/templates").catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 502, code: "http_502", unreachable: true });
  });
});

describe("the session", () => {
  it("starts signed out where the cookie has none", async () => {
    answers["/auth/refresh"] = () => problem(401, "no_session");
    const { session: sessions } = await load();
    await sessions.startSession();
    expect(sessions.sessionState()).toEqual({ status: "signed_out", user: null });
  });

  it("ends with signing out, also where the server does not hear it", async () => {
    answers["/auth/login"] = () => session("one");
    const { session: sessions } = await load();
    await sessions.signIn("a@b.example", "x");
    await expect(sessions.signOut()).rejects.toBeInstanceOf(TypeError);
    expect(sessions.sessionState().status).toBe("signed_out");
  });
});
