// What browsers have and jsdom has not.

import { vi } from "vitest";

vi.stubGlobal(
  "BroadcastChannel",
  class {
    postMessage = vi.fn();
  },
);

class Observer {
  observe = vi.fn();
  unobserve = vi.fn();
  disconnect = vi.fn();
}

vi.stubGlobal("IntersectionObserver", Observer);
vi.stubGlobal("ResizeObserver", Observer);
vi.stubGlobal("scrollTo", vi.fn());
