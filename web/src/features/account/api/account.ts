import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import type { UserEventJson } from "@contracts/aisle/recs/v1/user_event_pb";
import type { AccountJson } from "@contracts/aisle/users/v1/account_service_pb";

import { begin, call, logOut } from "@/lib/session";

/** The account that is logged in. */
export const accountQuery = queryOptions({
  queryKey: ["mine", "account"],
  queryFn: ({ signal }) => call<AccountJson>("GET", "/v1/users/me", { signal }),
});

interface EventPage {
  userEvents: UserEventJson[];
  nextPageToken: string;
}

/** What the shopper did, newest first. */
export const historyQuery = infiniteQueryOptions({
  queryKey: ["mine", "history"],
  queryFn: ({ pageParam, signal }) =>
    call<EventPage>("GET", (mine) => `/v1/${mine}/userEvents`, {
      query: { pageSize: 200, pageToken: pageParam },
      signal,
    }),
  initialPageParam: "",
  getNextPageParam: (last) => last.nextPageToken || undefined,
});

export const logIn = (email: string, password: string): Promise<void> =>
  begin("/v1/sessions:logIn", { email, password });

export const signUp = (email: string, password: string, displayName: string): Promise<void> =>
  begin("/v1/accounts:signUp", { email, password, displayName });

export const changePassword = (currentPassword: string, newPassword: string): Promise<void> =>
  begin("/v1/users/me:changePassword", { currentPassword, newPassword });

/** Erases the account for good, and goes on as a visitor. */
export async function erase(currentPassword: string): Promise<void> {
  await call("POST", "/v1/users/me:erase", { body: { currentPassword } });
  await logOut();
}

export const rename = (displayName: string): Promise<AccountJson> =>
  call("PATCH", "/v1/users/me", { query: { updateMask: "displayName" }, body: { displayName } });
