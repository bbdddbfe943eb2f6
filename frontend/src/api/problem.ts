import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];
type ErrorBody = Partial<components["schemas"]["ProblemDocument"]> & Record<string, unknown>;

/** An answer of the API that is no success, or no answer at all. Every failed call of the client rejects with one. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string | null;
  readonly errors: Problem[];
  /** Seconds after which the server takes the request, where it says so. */
  readonly retryAfter: number | null;
  readonly body: ErrorBody;

  constructor(status: number, body: ErrorBody, retryAfter: number | null = null) {
    super(body.detail ?? body.title ?? `HTTP ${status}`);
    this.name = "ApiProblem";
    this.status = status;
    this.code = body.code ?? (status === 0 ? "unreachable" : `http_${status}`);
    this.detail = body.detail ?? body.title ?? "";
    this.requestId = body.request_id ?? null;
    this.errors = body.errors ?? [];
    this.retryAfter = retryAfter;
    this.body = body;
  }

  get unreachable(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }

  static async fromResponse(response: Response): Promise<ApiProblem> {
    const text = await response.text().catch(() => "");
    let body: ErrorBody = {};
    try {
      const parsed: unknown = JSON.parse(text);
      if (parsed !== null && typeof parsed === "object") body = parsed as ErrorBody;
    } catch {
      body = { title: response.statusText };
    }
    const wait = Number(response.headers.get("retry-after"));
    const id = body.request_id ?? response.headers.get("x-request-id") ?? undefined;
    return new ApiProblem(
      response.status,
      { ...body, ...(id === undefined ? {} : { request_id: id }) },
      Number.isFinite(wait) && wait > 0 ? wait : null,
    );
  }
}

/** Whatever was thrown, as a problem: a fetch that fails without an answer counts as an unreachable server. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof TypeError) return new ApiProblem(0, { code: "unreachable" });
  return new ApiProblem(-1, {
    code: "unexpected",
    detail: error instanceof Error ? error.message : String(error),
  });
}
