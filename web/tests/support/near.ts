import { vi } from "vitest";

/** Everything that is observed comes into sight at once: what loads when it is near loads. */
export function everythingIsNear(): void {
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(private callback: (entries: object[]) => void) {}
      observe(target: Element) {
        setTimeout(() => this.callback([{ isIntersecting: true, target }]));
      }
      unobserve = vi.fn();
      disconnect = vi.fn();
    },
  );
}
