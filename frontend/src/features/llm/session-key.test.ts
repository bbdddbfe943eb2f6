import { afterEach, expect, it, vi } from "vitest";
import { signIn, signOut } from "@/api/session";
import { forgetSessionKey, hasSessionKey, isKey, keyHeaders, setSessionKey } from "./session-key";

const KEY = "sk-test-1234567890";
const user = (id: string) => ({ id, email: "a@b.pe", name: "A", role: "editor", created_at: "" });

function server(id: string) {
  vi.stubGlobal("fetch", async () =>
    Response.json({ access_token: "t", expires_in: 900, user: user(id) }),
  );
}

afterEach(() => {
  forgetSessionKey();
  vi.unstubAllGlobals();
});

it("a key is printable and has no spaces", () => {
  expect([KEY, ` ${KEY} `, "", "a b", "clave-ñ"].map(isKey)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

it("a key is kept in memory alone, for whoever gave it, until they sign out", async () => {
  setSessionKey(KEY);
  expect(hasSessionKey()).toBe(false);
  server("1");
  await signIn("a@b.pe", "x");
  setSessionKey(` ${KEY} `);
  expect(keyHeaders()).toEqual({ "X-OpenAI-Api-Key": KEY });
  const stored = [localStorage, sessionStorage].map((store) => JSON.stringify({ ...store }));
  expect(`${stored.join()} ${location.href} ${document.cookie}`).not.toContain(KEY);
  await signOut();
  expect(keyHeaders()).toEqual({});
  server("1");
  await signIn("a@b.pe", "x");
  setSessionKey(KEY);
  server("2");
  await signIn("c@d.pe", "x");
  expect(hasSessionKey()).toBe(false);
});
