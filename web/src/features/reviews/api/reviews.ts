import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import type { ReviewJson } from "@contracts/aisle/catalog/v1/review_service_pb";

import { request } from "@/lib/http";
import { uuid } from "@/lib/ids";
import { call } from "@/lib/session";
import type { Given } from "@/lib/types";

export type Review = Given<ReviewJson, "name">;

interface Page {
  reviews: Review[];
  nextPageToken: string;
  totalSize: string;
}

/** A product's reviews, newest first. */
export const reviewsQuery = (product: string) =>
  infiniteQueryOptions({
    queryKey: ["reviews", product],
    queryFn: ({ pageParam, signal }) =>
      request<Page>("GET", `/v1/${product}/reviews`, { query: { pageSize: 6, pageToken: pageParam }, signal }),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextPageToken || undefined,
  });

/** What the account has written. */
export const ownReviewsQuery = queryOptions({
  queryKey: ["mine", "reviews"],
  queryFn: async ({ signal }) => {
    const reviews: Review[] = [];
    let pageToken = "";
    do {
      const query = { pageSize: 100, pageToken };
      const page = await call<Page>("GET", "/v1/users/me/reviews", { query, signal });
      reviews.push(...page.reviews);
      pageToken = page.nextPageToken;
    } while (pageToken);
    return reviews;
  },
});

export interface Draft {
  rating: number;
  title: string;
  text: string;
  authorDisplayName: string;
}

/** Writes a review, or changes the one that is there. */
export function saveReview(product: string, draft: Draft, existing: Review | undefined): Promise<Review> {
  if (existing) {
    const query = { updateMask: "rating,title,text,authorDisplayName" };
    return call("PATCH", `/v1/${existing.name}`, { query, body: draft });
  }
  return call("POST", `/v1/${product}/reviews`, { query: { requestId: uuid() }, body: draft });
}

export const deleteReview = (review: Review): Promise<unknown> => call("DELETE", `/v1/${review.name}`);
