import { useSyncExternalStore } from "react";
import { sessionState, subscribeSession } from "@/api/session";

/** The header that carries a person's own key to the server, for one request. */
export const KEY_HEADER = "X-OpenAI-Api-Key";

/*
 * A key that somebody gave for this session. It lives in this variable alone: nothing writes it to a store of the browser, to the
 * address or to a cache of answers, and it is forgotten when its owner is no longer signed in.
 */
let held: { user: string; key: string } | null = null;
const listeners = new Set<() => void>();

function put(next: typeof held) {
  held = next;
  for (const listener of listeners) listener();
}

subscribeSession(() => {
  if (held !== null && sessionState().user?.id !== held.user) put(null);
});

/** Whether a text can be a key: headers carry neither spaces nor letters with marks. */
export function isKey(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text.trim());
}

export function setSessionKey(key: string): void {
  const user = sessionState().user?.id;
  if (user !== undefined && isKey(key)) put({ user, key: key.trim() });
}

export function forgetSessionKey(): void {
  put(null);
}

export function hasSessionKey(): boolean {
  return held !== null;
}

/** The headers of a request that may ask a model. */
export function keyHeaders(): Record<string, string> {
  return held === null ? {} : { [KEY_HEADER]: held.key };
}

/** Whether there is a key; the key itself is for requests alone. */
export function useHasSessionKey(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, hasSessionKey);
}
