// A shop that answers what a test says, and a page on which a hook or a component runs.

import { QueryClientProvider } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { expect, vi } from "vitest";

import { queryClient } from "@/lib/query";

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
}

type Answer = (asked: Asked) => unknown;

/** Answers every call with what `answer` returns, a Response or what one holds; where it throws, the network fails. Returns the calls. */
export function shop(answer: Answer, subject = "users/ann"): Asked[] {
  const calls: Asked[] = [];
  const session = { subject, roles: [], accessToken: "t", accessExpireTime: new Date(Date.now() + 9e5).toISOString() };
  vi.stubGlobal("fetch", async (address: string, options: RequestInit) => {
    const url = new URL(address, "http://shop.test");
    if (url.pathname === "/v1/sessions:resume") return Response.json(session);
    const body = JSON.parse((options.body as string | undefined) ?? "{}") as Record<string, unknown>;
    const asked = { method: options.method ?? "GET", path: url.pathname, query: url.searchParams, body };
    if (asked.path === "/v1/userEvents:batchWrite") return Response.json({});
    calls.push(asked);
    const answered = await answer(asked);
    return answered instanceof Response ? answered : Response.json(answered);
  });
  return calls;
}

/** Renders into the document, under the page's own cache. */
export function render(node: ReactNode): void {
  const place = document.body.appendChild(document.createElement("div"));
  createRoot(place).render(<QueryClientProvider client={queryClient}>{node}</QueryClientProvider>);
}

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
