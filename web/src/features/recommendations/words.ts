import type { RecommendResponse_DegradationJson } from "@contracts/aisle/recs/v1/recommendation_service_pb";

import type { Reply } from "@/features/recommendations/api/recommend";

const DEGRADED: Partial<Record<RecommendResponse_DegradationJson, string>> = {
  DEGRADATION_FEATURES: "Your history is read from its backup at the moment.",
  DEGRADATION_INFERENCE: "The recommendation model does not answer at the moment, so these are not personal.",
  DEGRADATION_INDEX: "The recommendation index does not answer at the moment, so these are not personal.",
  DEGRADATION_CATALOG: "The catalogue does not answer at the moment: prices and stock are as last seen.",
  DEGRADATION_NO_RELEASE: "The shop has not learned yet, so these are not personal.",
};

/** What did not work, for the shopper. */
export const degradation = (reply: Reply): string =>
  reply.degraded
    .map((part) => DEGRADED[part])
    .filter(Boolean)
    .join(" ");

/** The reason that most of the reply shares, which need not stand on each card. */
export function usualReason(reply: Reply): string | undefined {
  const numbers = new Map<string, number>();
  for (const { explanation } of reply.results) {
    if (explanation?.reason) numbers.set(explanation.reason, (numbers.get(explanation.reason) ?? 0) + 1);
  }
  return [...numbers].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** What stands over the start page's first row. */
export const pickedTitle = (reply: Reply | undefined): string =>
  reply?.personalized ? "Picked for you" : "What others like";

/** What is said of it. */
export const pickedNote = (reply: Reply): string =>
  reply.personalized
    ? "From what you looked at and liked. It follows each click."
    : "Look at something, and this row begins to follow you.";
