// Calls of the REST API. Every failure is an ApiError whose message a shopper can read.

export const OFFLINE = "The shop does not answer. Check your connection, then try again.";
const TIMEOUT_MS = 10_000; // above the gateway's own 5 s, which answer with words

interface Detail {
  "@type"?: string;
  reason?: string;
  metadata?: Record<string, string>;
  retryDelay?: string;
  fieldViolations?: Violation[];
  violations?: Violation[];
}

export interface Violation {
  field?: string;
  subject?: string;
  type?: string;
  description?: string;
}

interface Status {
  message?: string;
  details?: Detail[];
}

/** A google.rpc.Status, or what stands in for one when no answer came. */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly metadata: Record<string, string>;
  readonly violations: Violation[];
  readonly retryAfterMs: number;
  readonly requestId: string;

  constructor(message: string, status = 0, details: Detail[] = [], requestId = "") {
    super(message);
    const of = (type: string) => details.find((detail) => detail["@type"]?.endsWith(`google.rpc.${type}`)) ?? {};
    this.status = status;
    this.reason = of("ErrorInfo").reason ?? "";
    this.metadata = of("ErrorInfo").metadata ?? {};
    this.violations = of("BadRequest").fieldViolations ?? of("PreconditionFailure").violations ?? [];
    this.retryAfterMs = parseFloat(of("RetryInfo").retryDelay ?? "0") * 1000;
    this.requestId = requestId;
  }

  /** Whether the same call may work a moment later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

type Value = string | number | boolean | undefined;

export interface RequestOptions {
  query?: Record<string, Value | string[]>;
  body?: unknown;
  token?: string;
  keepalive?: boolean;
  signal?: AbortSignal;
  /** How long an answer is waited for. */
  timeoutMs?: number;
}

/** Sends a request and reads its JSON answer. Throws ApiError. */
export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const { body, token, keepalive = false, signal, timeoutMs = TIMEOUT_MS } = options;
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (token) headers.authorization = `Bearer ${token}`;
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    response = await fetch(path + search(options.query), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      keepalive,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(OFFLINE);
  }
  const answer = (await response.json().catch(() => null)) as T | null;
  if (!response.ok || answer === null) throw failed(response, answer as Status | null);
  return answer;
}

function search(query: RequestOptions["query"] = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== "") parameters.append(name, String(one));
    }
  }
  return parameters.size ? `?${parameters}` : "";
}

function failed(response: Response, status: Status | null): ApiError {
  const id = response.headers.get("x-request-id") ?? "";
  return new ApiError(status?.message ?? OFFLINE, response.status, status?.details, id);
}
