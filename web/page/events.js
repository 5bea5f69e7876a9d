// What the shopper does, told to the shop. An event id counts once, so that sending one again does no harm.

import { call } from "./session.js";

const TRIES = 3;
const FLUSH_MS = 1500; // impressions are many and nobody waits for them
const BATCH = 100;

let shown = [];
let timer = 0;
const seen = new Set();

/** Records an event and returns when it is stored. `source` says which list the product stood in. */
export async function record(kind, product, source = {}) {
  await send("/v1/userEvents:write", event(kind, product, source));
}

function event(kind, product, { attributionToken, position } = {}) {
  return { kind: `KIND_${kind}`, eventId: id(), product, attributionToken, position };
}

/** A UUID; randomUUID itself exists on secure origins alone. */
function id() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function send(path, body, keepalive = false) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call("POST", path, { body, keepalive });
    } catch (error) {
      if (!error.passing || attempt === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.max(error.retryAfterMs, 300 * attempt)));
    }
  }
}

const observer = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      observer.unobserve(entry.target);
      noteShown(entry.target);
    }
  },
  { threshold: 0.6 },
);

/** Records an impression of the card once more than half of it has been on the screen. */
export const watch = (card) => observer.observe(card);

function noteShown(card) {
  const { product, attributionToken, position } = card.source;
  const key = `${product} ${attributionToken ?? ""}`;
  if (seen.has(key)) return;
  seen.add(key);
  shown.push(event("IMPRESSION", product, { attributionToken, position }));
  if (shown.length >= BATCH) flush();
  else timer ||= setTimeout(flush, FLUSH_MS);
}

function flush(keepalive = false) {
  clearTimeout(timer);
  timer = 0;
  const userEvents = shown.splice(0, BATCH);
  if (!userEvents.length) return;
  // An impression that is lost costs a little knowledge; the shopper need not hear of it.
  send("/v1/userEvents:batchWrite", { userEvents }, keepalive === true).catch(() => {});
}

addEventListener("visibilitychange", () => document.visibilityState === "hidden" && flush(true));
