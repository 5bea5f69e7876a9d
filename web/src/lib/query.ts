// One cache of what the shop has answered. What depends on who asks has a key that begins with "mine".

import { QueryClient } from "@tanstack/react-query";

import { onStored } from "@/lib/events";
import { ApiError } from "@/lib/http";
import { onSubjectChange } from "@/lib/session";

const MINUTE_MS = 60_000;
// An event reaches the next reply within a second; it mostly is there after the first of these, and what was chosen at the onboarding after the last.
const LOOK_AGAIN_MS = [120, 900, 2500];
const MERGED_MS = [800, 2500, 6000];

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: MINUTE_MS,
      gcTime: 10 * MINUTE_MS,
      refetchOnWindowFocus: false,
      networkMode: "always", // a browser that thinks it is offline may be wrong; the failure is shown
      retry: (failures, error) => failures < 2 && error instanceof ApiError && error.passing,
    },
    mutations: { networkMode: "always" },
  },
});

onSubjectChange(() => {
  void queryClient.resetQueries({ queryKey: ["mine"] });
  // A visitor's cart and history follow to the account a moment after the log-in.
  for (const ms of MERGED_MS) {
    for (const part of ["cart", "row", "history"]) {
      setTimeout(() => void queryClient.invalidateQueries({ queryKey: ["mine", part] }), ms);
    }
  }
});

/** Reads the rows of recommendations again: the shop has heard something that changes them. */
export function followSoon(): void {
  for (const ms of LOOK_AGAIN_MS) {
    setTimeout(() => void queryClient.invalidateQueries({ queryKey: ["mine", "row"] }), ms);
  }
}

onStored((kinds) => {
  if ([...kinds].some((kind) => kind !== "KIND_IMPRESSION")) followSoon();
});
