import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import type {
  SearchResponse_FacetJson,
  SearchResponse_ResultJson,
  SearchResponseJson,
  SuggestResponse_SuggestionJson,
} from "@contracts/aisle/search/v1/search_service_pb";

import { pictureOf } from "@/features/search/picture";
import { filterOf, type SearchState } from "@/features/search/state";
import { record } from "@/lib/events";
import { call, callPublic, token } from "@/lib/session";
import type { Given, Product, With } from "@/lib/types";

export const PAGE = 24;
const FACETS = ["category", "brand", "price", "rating", "in_stock"];

export type Facet = Given<SearchResponse_FacetJson, "field" | "values">;
type Result = With<SearchResponse_ResultJson, { product: string; details?: Product }>;
export type Found = With<
  Given<SearchResponseJson, "totalSize" | "attributionToken" | "degraded" | "nextPageToken" | "fallback">,
  { results: Result[]; facets: Facet[] }
>;

async function search(state: SearchState, pageToken: string, signal: AbortSignal): Promise<Found> {
  const body = {
    query: state.q,
    image: pictureOf(state.picture)?.content,
    similarProduct: state.like && `products/${state.like}`,
    filter: filterOf(state),
    orderBy: state.sort,
    facets: FACETS,
    pageSize: PAGE,
    pageToken,
  };
  if (state.q && !pageToken) tellSearched(state.q);
  return callPublic("/v1/products:search", { body, signal });
}

/** A visitor may search before there are accounts; what was searched for is told where there are. */
function tellSearched(query: string): void {
  token().then(
    () => record("SEARCH", { query }),
    () => undefined,
  );
}

/** What was found, page by page; the old stays in sight while one chooses. */
export const searchQuery = (state: SearchState) =>
  infiniteQueryOptions({
    queryKey: ["mine", "search", state],
    queryFn: ({ pageParam, signal }) => search(state, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextPageToken || undefined,
    placeholderData: keepPreviousData,
  });

export type Suggestion = Given<SuggestResponse_SuggestionJson, "kind" | "text" | "resource">;

/** How what is being typed may go on. */
export const suggestQuery = (query: string) =>
  queryOptions({
    queryKey: ["mine", "suggest", query],
    queryFn: async ({ signal }) => {
      const options = { query: { query, pageSize: 8 }, signal };
      const answer = await call<{ suggestions: Suggestion[] }>("GET", "/v1/products:suggest", options);
      return answer.suggestions;
    },
    placeholderData: keepPreviousData,
    retry: false,
  });
