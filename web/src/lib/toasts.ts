// What the page says in passing.

import { useSyncExternalStore } from "react";

export interface Toast {
  id: number;
  text: string;
  kind: "good" | "bad";
}

const LIFE_MS = 4500;

let toasts: readonly Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();

function set(value: readonly Toast[]): void {
  toasts = value;
  listeners.forEach((listener) => listener());
}

/** Says something for a few seconds. */
export function say(text: string, kind: Toast["kind"] = "good"): void {
  const toast = { id: next++, text, kind };
  set([...toasts, toast]);
  setTimeout(() => set(toasts.filter((other) => other !== toast)), LIFE_MS);
}

/** Says what went wrong. */
export const sayError = (error: unknown): void => say(error instanceof Error ? error.message : String(error), "bad");

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
}
