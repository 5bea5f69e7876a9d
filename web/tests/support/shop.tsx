// A shop that answers what a test says, and a page on which a hook or a component runs.

import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { useEffect, type ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { expect, vi } from "vitest";

import type { UserEventJson } from "@contracts/aisle/recs/v1/user_event_pb";

import { router } from "@/app/router";
import { choose } from "@/lib/choices";
import { flush } from "@/lib/events";
import { queryClient } from "@/lib/query";

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
}

/** What the shop was told that shoppers do, since the last shop was opened. */
export const told: UserEventJson[] = [];

type Answer = (asked: Asked) => unknown;

/** Answers every call with what `answer` returns, a Response or what one holds; where it throws, the network fails. Returns the calls. */
export function shop(answer: Answer, subject = "users/ann"): Asked[] {
  const calls: Asked[] = [];
  told.length = 0;
  const session = { subject, roles: [], accessToken: "t", accessExpireTime: new Date(Date.now() + 9e5).toISOString() };
  vi.stubGlobal("fetch", async (address: string, options: RequestInit) => {
    const url = new URL(address, "http://shop.test");
    if (url.pathname === "/v1/sessions:resume") return Response.json(session);
    const body = JSON.parse((options.body as string | undefined) ?? "{}") as Record<string, unknown>;
    const asked = { method: options.method ?? "GET", path: url.pathname, query: url.searchParams, body };
    if (asked.path === "/v1/userEvents:batchWrite") {
      told.push(...(body.userEvents as UserEventJson[]));
      return Response.json({});
    }
    calls.push(asked);
    const answered = await answer(asked);
    return answered instanceof Response ? answered : Response.json(answered);
  });
  return calls;
}

const roots: Root[] = [];

/** Takes away what was rendered, what is remembered and what was still to be told. */
export async function leave(): Promise<void> {
  for (const root of roots.splice(0)) root.unmount();
  document.body.replaceChildren();
  queryClient.clear();
  shop(() => ({}));
  await flush();
  choose({ region: "", age: 0, impersonal: false });
}

/** Renders into the document, under the page's own cache. */
export function render(node: ReactNode): void {
  const root = createRoot(document.body.appendChild(document.createElement("div")));
  roots.push(root);
  root.render(<QueryClientProvider client={queryClient}>{node}</QueryClientProvider>);
}

/** Opens an address of the shop's page. Returns a function that tells where it is by now. */
export function open(address: string): () => string {
  const page = createRouter({ ...router.options, history: createMemoryHistory({ initialEntries: [address] }) });
  render(<RouterProvider router={page} />);
  return () => decodeURIComponent(page.state.location.href);
}

/** Renders what has links in it. */
export function renderLinked(node: ReactNode): void {
  const routeTree = createRootRoute({ component: () => node });
  const page = createRouter({ routeTree, history: createMemoryHistory() });
  render(<RouterProvider router={page} />);
}

/** Waits until a check passes; long enough for a machine that does much else. */
export const eventually = <Result,>(check: () => Result | Promise<Result>): Promise<Result> =>
  vi.waitFor(check, { timeout: 10_000 });

/** The element that a selector and words in it name, once it is there. */
export const find = (selector: string, words = ""): Promise<HTMLElement> =>
  eventually(() => {
    const all = [...document.querySelectorAll<HTMLElement>(selector)];
    const found = all.find((element) => element.textContent.includes(words));
    if (!found) throw new Error(`no ${selector} with ${words} yet`);
    return found;
  });

/** Runs a hook; returns a function that tells what it returned last. */
export async function run<Result>(hook: () => Result): Promise<() => Result> {
  const results: Result[] = [];
  function Runner(): null {
    const result = hook();
    useEffect(() => void results.push(result));
    return null;
  }
  render(<Runner />);
  await vi.waitFor(() => expect(results).not.toHaveLength(0));
  return () => results[results.length - 1] as Result;
}
