import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import type {
  SearchResponse_FacetJson,
  SearchResponse_ResultJson,
  SearchResponseJson,
  SuggestResponse_SuggestionJson,
} from "@contracts/aisle/search/v1/search_service_pb";

import { pictureOf } from "@/features/search/picture";
import { filterOf, WEIGHTS, type SearchState } from "@/features/search/state";
import { audience, type Choices } from "@/lib/choices";
import { record } from "@/lib/events";
import { call, callPublic, token } from "@/lib/session";
import type { Given, Product, With } from "@/lib/types";

export const PAGE = 24;
const FACETS = ["category", "brand", "attributes.colour", "price", "rating", "in_stock"];

export type Facet = Given<SearchResponse_FacetJson, "field" | "values">;
type Result = With<SearchResponse_ResultJson, { product: string; details?: Product }>;
export type Found = With<
  Given<
    SearchResponseJson,
    "totalSize" | "attributionToken" | "degraded" | "nextPageToken" | "fallback" | "personalized"
  >,
  { results: Result[]; facets: Facet[] }
>;

/** For whom something is searched. */
type Audience = ReturnType<typeof audience>;

async function search(
  state: SearchState,
  asks: Audience & { disablePersonalization?: true | undefined },
  pageToken: string,
  signal: AbortSignal,
): Promise<Found> {
  const body = {
    ...asks,
    query: state.q,
    verbatim: state.verbatim,
    image: pictureOf(state.picture)?.content,
    imageWeight: state.q && state.picture && state.weight ? WEIGHTS[state.weight] : undefined,
    similarProduct: state.like && `products/${state.like}`,
    filter: filterOf(state),
    orderBy: state.sort,
    facets: FACETS,
    pageSize: PAGE,
    pageToken,
  };
  const found = await callPublic<Found>("/v1/products:search", { body, signal });
  if (!pageToken) tellSearched(state, found.attributionToken);
  return found;
}

let told = "";

/** Tells what was searched for, once: who filters and orders what was found searches for nothing else. A visitor may search
 * before there are accounts; it is told where there are. */
function tellSearched({ q, like, picture: key, verbatim }: SearchState, attributionToken: string): void {
  const picture = pictureOf(key) && key;
  const searched = JSON.stringify([q, like, picture, verbatim]);
  if (searched === told) return;
  told = searched;
  if (!q && !like && !picture) return;
  const product = like && `products/${like}`;
  token().then(
    () => record("SEARCH", { query: product ? undefined : q, product, attributionToken }),
    () => undefined,
  );
}

/** What was found, page by page; the old stays in sight while one chooses. */
export function searchQuery(state: SearchState, choices: Choices) {
  const asks = { ...audience(choices), disablePersonalization: choices.impersonal || undefined };
  return infiniteQueryOptions({
    queryKey: ["mine", "search", state, asks],
    queryFn: ({ pageParam, signal }) => search(state, asks, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextPageToken || undefined,
    placeholderData: keepPreviousData,
  });
}

export type Suggestion = Given<SuggestResponse_SuggestionJson, "kind" | "text" | "resource">;

/** How what is being typed may go on. */
export function suggestQuery(query: string, choices: Choices) {
  const asked = { query, ...audience(choices) };
  return queryOptions({
    queryKey: ["mine", "suggest", asked],
    queryFn: async ({ signal }) => {
      const options = { query: { ...asked, pageSize: 8 }, signal };
      const answer = await call<{ suggestions: Suggestion[] }>("GET", "/v1/products:suggest", options);
      return answer.suggestions;
    },
    placeholderData: keepPreviousData,
    retry: false,
  });
}
