import { ApiProblem } from "./problem";
import { authorisedFetch } from "./session";

export interface ServerEvent {
  event: string;
  data: string;
  id: string | null;
}

/** Takes pieces of a stream of server-sent events and gives the events that are whole. */
export function makeEventReader(): (piece: string) => ServerEvent[] {
  let rest = "";
  return (piece) => {
    rest += piece.replace(/\r\n?/g, "\n");
    const events: ServerEvent[] = [];
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const block = rest.slice(0, end);
      rest = rest.slice(end + 2);
      const found: ServerEvent = { event: "message", data: "", id: null };
      const data: string[] = [];
      for (const line of block.split("\n")) {
        const match = /^(\w+): ?(.*)$/.exec(line);
        if (match?.[1] === "event") found.event = match[2] ?? "";
        else if (match?.[1] === "data") data.push(match[2] ?? "");
        else if (match?.[1] === "id") found.id = match[2] ?? null;
      }
      if (data.length > 0) events.push({ ...found, data: data.join("\n") });
    }
    return events;
  };
}

async function readEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: (event: ServerEvent) => void,
): Promise<void> {
  const read = makeEventReader();
  const pieces = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) {
    for (const event of read(piece.value)) onEvent(event);
  }
}

/**
 * Asks for something and follows its answer while it is made. A connection that breaks is not taken up again: what was asked may
 * cost money, so whoever asked decides. An answer that is no stream is one event, `result`.
 */
export async function postEvents(
  path: string,
  body: unknown,
  headers: Record<string, string>,
  onEvent: (event: ServerEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await authorisedFetch(path, {
    method: "POST",
    signal,
    headers: { ...headers, "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify(body),
  });
  if (!response.ok || !response.body) throw await ApiProblem.fromResponse(response);
  if (response.headers.get("content-type")?.startsWith("text/event-stream"))
    return readEvents(response.body, onEvent);
  onEvent({ event: "result", data: await response.text(), id: null });
}

/**
 * Follows a stream of server-sent events until the server ends it. `EventSource` cannot send the token, so this reads a fetch; a
 * connection that breaks is taken up again, with growing pauses, from the last event that came.
 */
export async function followEvents(
  path: string,
  onEvent: (event: ServerEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  let last = null as string | null;
  let pause = 500;
  while (!signal.aborted) {
    try {
      const response = await authorisedFetch(path, {
        signal,
        headers: {
          accept: "text/event-stream",
          ...(last === null ? {} : { "last-event-id": last }),
        },
      });
      if (!response.ok || !response.body) throw await ApiProblem.fromResponse(response);
      await readEvents(response.body, (event) => {
        last = event.id ?? last;
        pause = 500;
        onEvent(event);
      });
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiProblem && !error.unreachable) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = Math.min(pause * 2, 10_000);
    }
  }
}
