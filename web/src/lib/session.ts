// Who calls. Everyone has a session: a visitor's until they log in, and a visitor's again after they log out.
//
// The refresh token is in a cookie that no script can read; the access token lives in this module and nowhere else.

import type { SessionJson } from "@contracts/aisle/users/v1/session_service_pb";

import { ApiError, request, type RequestOptions } from "@/lib/http";
import { forgetBrowser, forgetOthers } from "@/lib/kept";

const EARLY_MS = 30_000; // an access token is renewed this long before it ends, so that none ends on its way
const LOCK = "aisle.session";

export interface Session {
  /** `users/{user}` or `visitors/{visitor}`; empty until the shop has answered. */
  subject: string;
  roles: readonly string[];
  accessToken: string;
  expires: number;
}

const NOBODY: Session = { subject: "", roles: [], accessToken: "", expires: 0 };

let session = NOBODY;
let renewing: Promise<Session> | null = null;
let askedByNobody = false;
const listeners = new Set<() => void>();
const tabs = new BroadcastChannel(LOCK);

// Another tab logged in or out: the cookie, which all tabs share, is somebody else's now.
tabs.onmessage = () => {
  session = { ...session, expires: 0 };
  void token().catch(() => undefined);
};

/** Calls back whenever another subject is logged in, in this tab or another. */
export function onSubjectChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether this browser has a session to go on with: the shop sets this cookie beside the one that no script can read. */
const isKnown = (): boolean => document.cookie.split("; ").some((cookie) => cookie.startsWith("aisle_known="));

/** Whether something was asked in nobody's name that a shopper, known after all, is answered otherwise. */
export const tookShopperForNobody = (): boolean => askedByNobody && isShopper();

/** The session now. */
export const current = (): Session => session;

/** Whether an account is logged in, and not a visitor. */
export const isShopper = (of: Session = session): boolean => of.subject.startsWith("users/");

/** Whether the account runs the shop. */
export const isMerchant = (of: Session = session): boolean =>
  of.roles.includes("merchant") || of.roles.includes("admin");

/** The caller's own collection: `users/me` or `visitors/me`. */
const me = (): string => `${isShopper() ? "users" : "visitors"}/me`;

/** A good access token; starts a visitor's session when there is none. */
export async function token(): Promise<string> {
  if (session.expires - EARLY_MS > Date.now()) return session.accessToken;
  renewing ??= alone(resume).finally(() => (renewing = null));
  return (await renewing).accessToken;
}

/** A cookie's token works once: of several tabs that find theirs old, one renews it at a time. */
function alone(work: () => Promise<Session>): Promise<Session> {
  // Absent where the page is not from a secure origin.
  const locks = navigator.locks as LockManager | undefined;
  return locks ? locks.request(LOCK, work) : work();
}

async function resume(): Promise<Session> {
  // It is finished also when the page closes meanwhile: else the next page would come with a token that is used up.
  return keep(await request<SessionJson>("POST", "/v1/sessions:resume", { body: {}, keepalive: true }));
}

function keep(given: SessionJson): Session {
  const before = session.subject;
  session = {
    subject: given.subject ?? "",
    roles: given.roles ?? [],
    accessToken: given.accessToken ?? "",
    expires: Date.parse(given.accessExpireTime ?? ""),
  };
  if (before !== session.subject) forgetOthers(session.subject);
  if (isShopper({ ...session, subject: before }) && before !== session.subject) {
    // Nothing of the account stays in this page's memory, whoever ended its session, and where.
    forgetBrowser();
    location.reload();
    return session;
  }
  if (before !== session.subject) {
    listeners.forEach((listener) => listener());
    if (before) tabs.postMessage("changed");
  }
  return session;
}

/** Where a call goes to; a function of the caller's own collection, which is not known before the session is. */
export type Path = string | ((mine: string) => string);

/** A call in the session's name. A token that the shop does not take any more is renewed once. */
export async function call<T>(method: string, path: Path, options: RequestOptions = {}): Promise<T> {
  const used = await token();
  try {
    return await request<T>(method, addressOf(path), { ...options, token: used });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401 || error.reason === "CREDENTIALS_REFUSED") throw error;
    if (session.accessToken === used) session = { ...session, expires: 0 };
    const renewed = await token();
    return request<T>(method, addressOf(path), { ...options, token: renewed });
  }
}

/** Asks what anybody may ask: in the session's name, unless there is none to be had. A browser's first session is not
 * waited for: it has no history by which to answer. */
export async function callPublic<T>(path: string, options: RequestOptions): Promise<T> {
  const isFirst = session === NOBODY && !isKnown();
  const known = !isFirst && (await token().catch(() => ""));
  if (known) return call<T>("POST", path, options);
  askedByNobody ||= isFirst;
  return request<T>("POST", path, options);
}

const addressOf = (path: Path): string => (typeof path === "string" ? path : path(me()));

/** Starts an account's session by one of the calls that answer with one; a visitor's history goes along. */
export async function begin(path: string, body: Record<string, unknown>): Promise<void> {
  await token(); // the cookie names the visitor
  keep(await call<SessionJson>("POST", path, { body: { ...body, cookie: true } }));
}

/** Ends the session and goes on at the start as a new visitor, with nothing of the account left in memory. */
export async function logOut(): Promise<void> {
  await request("POST", "/v1/sessions:logOut", { body: {} });
  forgetOthers("");
  forgetBrowser();
  tabs.postMessage("changed");
  location.assign("/");
}
