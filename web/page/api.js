// Calls of the REST API. Every failure is an ApiError whose message a shopper can read.

const OFFLINE = "The shop does not answer. Check your connection, then try again.";
const TIMEOUT_MS = 10_000; // above the gateway's own 5 s, which answer with words

/** A google.rpc.Status, or what stands in for one when no answer came. */
export class ApiError extends Error {
  constructor(message, { status = 0, reason = "", violations = [], retryAfterMs = 0, requestId = "" } = {}) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.violations = violations;
    this.retryAfterMs = retryAfterMs;
    this.requestId = requestId;
  }

  /** Whether the same call may work a moment later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Sends a request and reads its JSON answer. Throws ApiError. */
export async function request(method, path, { query = {}, body, token, keepalive = false } = {}) {
  const parameters = Object.entries(query).filter(([, value]) => value !== "" && value !== undefined);
  const search = parameters.length ? `?${new URLSearchParams(parameters)}` : "";
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (token) headers.authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(path + search, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      keepalive,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiError(OFFLINE);
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok || answer === null) throw failed(response, answer);
  return answer;
}

function failed(response, status) {
  const details = status?.details ?? [];
  const of = (type) => details.find((detail) => detail["@type"]?.endsWith(`google.rpc.${type}`)) ?? {};
  return new ApiError(status?.message || OFFLINE, {
    status: response.status,
    reason: of("ErrorInfo").reason,
    violations: of("BadRequest").fieldViolations,
    retryAfterMs: parseFloat(of("RetryInfo").retryDelay ?? "0") * 1000,
    requestId: response.headers.get("x-request-id") ?? "",
  });
}

/** The catalogue, which anyone may read. */
export const catalog = {
  categories: () => request("GET", "/v1/categories", { query: { pageSize: 1000 } }),
  products: (query) => request("GET", "/v1/products", { query }),
  product: (name) => request("GET", `/v1/${name}`),
  reviews: (name) => request("GET", `/v1/${name}/reviews`, { query: { pageSize: 6 } }),
};
