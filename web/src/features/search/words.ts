import type { SearchResponse_DegradationJson } from "@contracts/aisle/search/v1/search_service_pb";

const DEGRADED: Partial<Record<SearchResponse_DegradationJson, string>> = {
  DEGRADATION_TEXT_ENCODER: "At the moment words are taken as they stand, without their meaning.",
  DEGRADATION_IMAGE_ENCODER: "Search by picture does not answer at the moment.",
  DEGRADATION_INDEX: "Some of the search does not answer at the moment: there may be more.",
  DEGRADATION_CATALOG: "The catalogue does not answer at the moment: prices and stock are as last seen.",
};

/** What did not work, for the shopper. */
export const searchDegradation = (degraded: readonly SearchResponse_DegradationJson[]): string =>
  degraded
    .map((part) => DEGRADED[part])
    .filter(Boolean)
    .join(" ");
