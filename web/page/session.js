// Who calls. Everyone has a session: a visitor's until they log in, and a visitor's again after they log out.

import { ApiError, request } from "./api.js";

const KEY = "aisle.session";
const EARLY_MS = 30_000; // an access token is renewed this long before it ends, so that none ends on its way

let memory = null; // where storage is forbidden, the session lasts as long as the page
let starting = null;
const listeners = new Set();

/** Calls back whenever another subject is logged in, in this tab or another. */
export const onChange = (listener) => listeners.add(listener);

/** The session as it is stored; null before the first one. */
export function current() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? memory;
  } catch {
    return memory;
  }
}

/** Whether an account is logged in, and not a visitor. */
export const isShopper = () => current()?.subject.startsWith("users/") ?? false;

function keep(session) {
  const before = current()?.subject;
  memory = session;
  try {
    localStorage.setItem(KEY, JSON.stringify(session));
  } catch {
    // Storage is forbidden or full: `memory` has it.
  }
  if (before !== session.subject) listeners.forEach((listener) => listener());
}

addEventListener("storage", (event) => {
  if (event.key === KEY) listeners.forEach((listener) => listener());
});

/** A good access token; starts a visitor's session when there is none. */
export async function token() {
  const session = current();
  if (session && Date.parse(session.accessExpireTime) - EARLY_MS > Date.now()) return session.accessToken;
  starting ??= alone(renew).finally(() => (starting = null));
  return (await starting).accessToken;
}

/** A refresh token works once: of several tabs that find theirs old, one renews it and the others read the new one. */
function alone(work) {
  return navigator.locks ? navigator.locks.request(KEY, work) : work();
}

async function renew() {
  const session = current();
  if (!session) return visit();
  if (Date.parse(session.accessExpireTime) - EARLY_MS > Date.now()) return session;
  try {
    const renewed = await request("POST", "/v1/sessions:refresh", { body: { refreshToken: session.refreshToken } });
    keep(renewed);
    return renewed;
  } catch (error) {
    if (error.status !== 401) throw error;
    const wasShopper = isShopper();
    const visitor = await visit();
    if (wasShopper) dispatchEvent(new CustomEvent("session-ended"));
    return visitor;
  }
}

async function visit() {
  const session = await request("POST", "/v1/sessions:createVisitor", { body: {} });
  keep(session);
  return session;
}

/** A call in the session's name. A token that the shop does not take any more is renewed once. */
export async function call(method, path, options = {}) {
  const used = await token();
  try {
    return await request(method, path, { ...options, token: used });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    const session = current();
    if (session?.accessToken === used) keep({ ...session, accessExpireTime: new Date(0).toISOString() });
    return request(method, path, { ...options, token: await token() });
  }
}

/** The visitor's history goes along to the account. */
const visitorToken = () => (isShopper() ? "" : (current()?.refreshToken ?? ""));

export async function logIn(email, password) {
  const body = { email, password, visitorRefreshToken: visitorToken() };
  keep(await request("POST", "/v1/sessions:logIn", { body }));
}

export async function signUp(email, password, displayName) {
  const body = { email, password, displayName, visitorRefreshToken: visitorToken() };
  keep(await request("POST", "/v1/accounts:signUp", { body }));
}

export async function logOut() {
  await request("POST", "/v1/sessions:logOut", { body: { refreshToken: current().refreshToken } });
  await visit();
}

/** The account that is logged in. */
export const me = () => call("GET", "/v1/users/me");

/** What the shopper prefers. */
export const preferences = {
  read: () => call("GET", "/v1/users/me/preferences"),
  write: (categories) =>
    call("PATCH", "/v1/users/me/preferences", { query: { updateMask: "categories" }, body: { categories } }),
};
