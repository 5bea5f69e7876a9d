// What browsers have and jsdom has not.

import { vi } from "vitest";

vi.stubGlobal(
  "BroadcastChannel",
  class {
    postMessage = vi.fn();
  },
);
