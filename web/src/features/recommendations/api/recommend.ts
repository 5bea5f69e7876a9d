import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import type {
  RecommendRequestJson,
  RecommendResponse_ExplanationJson,
  RecommendResponseJson,
} from "@contracts/aisle/recs/v1/recommendation_service_pb";

import { audience, type Choices } from "@/lib/choices";
import { callPublic } from "@/lib/session";
import type { Given, Product, With } from "@/lib/types";

export interface Result {
  product: string;
  details?: Product;
  explanation?: RecommendResponse_ExplanationJson;
}

export type Reply = With<
  Given<RecommendResponseJson, "attributionToken" | "degraded" | "nextPageToken">,
  { results: Result[] }
>;

export type Ask = Pick<RecommendRequestJson, "retriever" | "contextProduct" | "contextProducts" | "pageSize"> & {
  scenario: string;
};

/** A question, and for whom it is asked. */
type Asked = Ask & ReturnType<typeof audience>;

export const SIZE = 20;
/** As many as the scenario says. */
export const OF_SCENARIO = 0;

/** What the start page begins with. */
export const PICKED: Ask = { scenario: "home" };

/** One page of recommendations. */
async function recommend({ scenario, ...ask }: Asked, pageToken: string, signal: AbortSignal): Promise<Reply> {
  const body = { pageSize: SIZE, ...ask, pageToken, explain: true };
  // Without accounts there is no history, and there are still recommendations.
  return callPublic(`/v1/scenarios/${scenario}:recommend`, { body, signal });
}

/** A row; read again after what the shopper does, while the old one stays in sight. */
export function rowQuery(ask: Ask, choices: Choices) {
  const asked: Asked = { ...ask, ...audience(choices) };
  return queryOptions({
    queryKey: ["mine", "row", asked],
    queryFn: ({ signal }) => recommend(asked, "", signal),
    placeholderData: keepPreviousData,
  });
}

/** What comes after a row's page, as far as one scrolls. Not read again, though the row may be: it would jump, and who
 * comes back to it looks for what was there. */
export function endlessQuery(ask: Ask, choices: Choices, start: string) {
  const asked: Asked = { ...ask, ...audience(choices) };
  return infiniteQueryOptions({
    queryKey: ["mine", "endless", asked],
    queryFn: ({ pageParam, signal }) => recommend(asked, pageParam, signal),
    initialPageParam: start,
    getNextPageParam: (last) => last.nextPageToken || undefined,
    staleTime: Infinity,
  });
}
