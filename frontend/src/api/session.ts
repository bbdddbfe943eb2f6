import { useSyncExternalStore } from "react";
import { ApiProblem } from "./problem";
import type { components } from "./schema";

export type User = components["schemas"]["User"];
type Session = components["schemas"]["Session"];

/**
 * `starting` until the cookie was asked for a session, then `signed_in` or `signed_out`. `expired` is a session that ended while
 * somebody worked: the page stays, and what it asked for waits until they signed in again.
 */
export type SessionState =
  | { status: "starting"; user: null }
  | { status: "signed_out"; user: null }
  | { status: "signed_in"; user: User }
  | { status: "expired"; user: User };

const PREFIX = "/api/v1/auth";
/** A token is renewed this long before it ends, so that no request meets the end. */
const MARGIN_MS = 30_000;

let state: SessionState = { status: "starting", user: null };
let token: string | null = null;
let tokenEnds = 0;
let refreshing: Promise<boolean> | null = null;
const listeners = new Set<() => void>();
const waiting = new Set<(signedIn: boolean) => void>();

function set(next: SessionState) {
  state = next;
  for (const listener of listeners) listener();
}

function open(session: Session) {
  token = session.access_token;
  tokenEnds = Date.now() + session.expires_in * 1000;
  set({ status: "signed_in", user: session.user });
  for (const resume of waiting) resume(true);
  waiting.clear();
}

function close() {
  token = null;
  set({ status: "signed_out", user: null });
  for (const resume of waiting) resume(false);
  waiting.clear();
}

async function send(path: string, body?: unknown): Promise<Response> {
  const response = await fetch(`${PREFIX}${path}`, {
    method: "POST",
    credentials: "same-origin",
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw await ApiProblem.fromResponse(response);
  return response;
}

async function refreshOnce(): Promise<boolean> {
  try {
    const response = await send("/refresh");
    open((await response.json()) as Session);
    return true;
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
    token = null;
    if (state.status === "signed_in" || state.status === "expired") {
      set({ status: "expired", user: state.user });
    } else {
      set({ status: "signed_out", user: null });
    }
    return false;
  }
}

/** Asks the cookie for a new token; many callers share one request. False: there is no session any more. */
export function refreshSession(): Promise<boolean> {
  refreshing ??= refreshOnce().finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** Resolves once the user signed in again; false when they signed out instead. */
function signedInAgain(signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const done = (signedIn: boolean) => {
      signal?.removeEventListener("abort", abort);
      resolve(signedIn);
    };
    const abort = () => {
      waiting.delete(done);
      reject(new DOMException("aborted", "AbortError"));
    };
    waiting.add(done);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** `fetch` with the token, renewed where it has ended; an expired session lets the request wait until somebody signed in. */
export async function authorisedFetch(input: Request | string, init?: RequestInit) {
  const request = new Request(
    typeof input === "string" ? new URL(input, location.href) : input,
    init,
  );
  if (token !== null && Date.now() > tokenEnds - MARGIN_MS) await refreshSession();
  for (let attempt = 0; ; attempt++) {
    const copy = request.clone();
    if (token !== null) copy.headers.set("authorization", `Bearer ${token}`);
    // A proxy that compresses makes tags weak, and a weak one starts no change: the server's own was strong.
    const tag = copy.headers.get("if-match");
    if (tag !== null) copy.headers.set("if-match", tag.replace(/^W\//, ""));
    const sent = token;
    const response = await fetch(copy);
    if (response.status !== 401 || attempt === 2) return response;
    // Another request may have renewed the token while this one was under way.
    const renewed = token !== null && token !== sent ? true : await refreshSession();
    if (renewed) continue;
    if (state.status !== "expired" || !(await signedInAgain(request.signal))) return response;
  }
}

export async function startSession(): Promise<void> {
  await refreshSession().catch(() => set({ status: "signed_out", user: null }));
}

export async function signIn(email: string, password: string): Promise<void> {
  const response = await send("/login", { email, password });
  open((await response.json()) as Session);
}

export async function createFirstUser(body: {
  token: string;
  email: string;
  password: string;
  name: string;
}): Promise<void> {
  const response = await send("/setup", body);
  open((await response.json()) as Session);
}

export async function signOut(): Promise<void> {
  try {
    await authorisedFetch(`${PREFIX}/logout`, { method: "POST" });
  } finally {
    close();
  }
}

export function sessionState(): SessionState {
  return state;
}

/** Calls back on each change of who is signed in. */
export function subscribeSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSession(): SessionState {
  return useSyncExternalStore(subscribeSession, () => state);
}

/** Whether the signed-in user may write and generate. */
export function useCanWrite(): boolean {
  const { user } = useSession();
  return user !== null && user.role !== "viewer";
}
