// One cache of what the shop has answered. What depends on who asks has a key that begins with "mine".

import { QueryClient } from "@tanstack/react-query";

import { onStored } from "@/lib/events";
import { ApiError } from "@/lib/http";
import { current, tookShopperForNobody, onSubjectChange } from "@/lib/session";

const MINUTE_MS = 60_000;
// An event reaches the next reply within a second; it mostly is there after the first of these.
const EVENT_MS = [120, 900];
// What was chosen, and what a log-in takes along, goes from service to service first.
const CHOICE_MS = [400, 1500, 4000, 9000];

/** Sends what may be sent again twice more, if what failed may pass. */
export const retryPassing = (failures: number, error: Error): boolean =>
  failures < 2 && error instanceof ApiError && error.passing;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: MINUTE_MS,
      gcTime: 10 * MINUTE_MS,
      refetchOnWindowFocus: false,
      networkMode: "always", // a browser that thinks it is offline may be wrong; the failure is shown
      retry: retryPassing,
    },
    mutations: { networkMode: "always" },
  },
});

// The first script may have been answered before this one began.
let subject = current().subject;

onSubjectChange(() => {
  const first = subject === "";
  subject = current().subject;
  // Nothing was read for anybody yet; unless a browser took for new whom its cookie knows.
  if (first && !tookShopperForNobody()) return;
  void queryClient.resetQueries({ queryKey: ["mine"] });
  readSoon(CHOICE_MS, "cart", "row", "history");
});

onStored((kinds) => {
  if ([...kinds].some((kind) => kind !== "KIND_IMPRESSION")) readSoon(EVENT_MS, "row");
});

/** Reads rows again, as soon as the shop can know what was chosen. */
export const followChoice = (): void => readSoon(CHOICE_MS, "row");

function readSoon(delays: readonly number[], ...parts: string[]): void {
  for (const ms of delays) {
    for (const part of parts) {
      setTimeout(() => void queryClient.invalidateQueries({ queryKey: ["mine", part] }), ms);
    }
  }
}
