// What the shopper does, told to the shop in batches. An event id counts once, so that sending one again does no harm.

import type { UserEvent_KindJson, UserEventJson } from "@contracts/aisle/recs/v1/user_event_pb";

import { chosen } from "@/lib/choices";
import { ApiError } from "@/lib/http";
import { uuid } from "@/lib/ids";
import { keep, kept } from "@/lib/kept";
import { call } from "@/lib/session";

type Kind = UserEvent_KindJson extends `KIND_${infer Name}` ? Exclude<Name, "UNSPECIFIED"> : never;

/** Where a product stood when it was seen or clicked. */
export interface Source {
  attributionToken?: string;
  position?: number;
  /** Why it stood there, for the shopper. */
  why?: string;
}

/** What of a click outlives the page that it was made on. */
interface Followed {
  source: Source;
  at: number;
}

const STILL_MS = 30 * 60_000; // who comes to a product's page later than that comes for another reason
const TRIES = 3;
const SOON_MS = 60; // what a person did goes at once, together with what belongs to it
const LATER_MS = 1500; // impressions are many and nobody waits for them
const BATCH = 100;

let queue: UserEventJson[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let due = Infinity;
const seen = new Set<string>();
const sources = new Map<string, Source>();
const listeners = new Set<(kinds: Set<string>) => void>();

/** Calls back when events are stored, so that what depends on them can be read again. */
export function onStored(listener: (kinds: Set<string>) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Records an event. */
export function record(kind: Kind, event: Omit<UserEventJson, "kind" | "eventId" | "eventTime" | "region">): void {
  const region = chosen().region || undefined;
  queue.push({ ...event, region, kind: `KIND_${kind}`, eventId: uuid(), eventTime: new Date().toISOString() });
  flushWithin(kind === "IMPRESSION" ? LATER_MS : SOON_MS);
}

/** Records that a product was shown, once for every reply that showed it. Replies of one second may have the same token. */
export function recordShown(product: string, { attributionToken, position }: Source): void {
  const key = `${product} ${position ?? ""} ${attributionToken ?? ""}`;
  if (seen.has(key)) return;
  seen.add(key);
  record("IMPRESSION", { product, attributionToken, position });
}

/** Remembers where a product stood when it was clicked: what follows on its page came of that. */
export function followed(product: string, source: Source): void {
  sources.set(product, source);
  keep(product, "followed", { source, at: Date.now() } satisfies Followed);
}

/** Where the product stood when it was clicked last. */
export function sourceOf(product: string): Source {
  const before = kept(product, "followed") as Followed | undefined;
  return sources.get(product) ?? (before && Date.now() - before.at < STILL_MS ? before.source : {});
}

/** Records what was done on a product's page, with where the shopper came from. */
export function recordFollowed(kind: Kind, product: string, event: Partial<UserEventJson> = {}): void {
  const { attributionToken, position } = sourceOf(product);
  record(kind, { product, attributionToken, position, ...event });
}

function flushWithin(ms: number): void {
  const when = Date.now() + ms;
  if (when >= due) return;
  clearTimeout(timer);
  due = when;
  timer = setTimeout(() => void flush(), ms);
}

/** Sends what waits. */
export async function flush(closing = false): Promise<void> {
  clearTimeout(timer);
  due = Infinity;
  while (queue.length) {
    const batch = queue.slice(0, BATCH);
    queue = queue.slice(BATCH);
    // An event that is lost in the end costs a little knowledge; the shopper need not hear of it.
    if (await send(batch, closing).catch(() => false)) {
      const kinds = new Set(batch.map((event) => event.kind ?? ""));
      listeners.forEach((listener) => listener(kinds));
    }
  }
}

async function send(userEvents: UserEventJson[], keepalive: boolean): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      await call("POST", "/v1/userEvents:batchWrite", { body: { userEvents }, keepalive });
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || !error.passing || attempt === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.max(error.retryAfterMs, 400 * attempt)));
    }
  }
}

addEventListener("visibilitychange", () => {
  // The last moment at which a page surely runs; `keepalive` lets the request outlive it.
  if (document.visibilityState === "hidden") void flush(true);
});
