import { expect, test } from "vitest";

import { ownReviewsQuery } from "@/features/reviews/api/reviews";
import { queryClient } from "@/lib/query";
import { shop } from "./support/shop";

test("own reviews are read to the last page", async () => {
  const calls = shop(({ query }) =>
    query.get("pageToken")
      ? { reviews: [{ name: "products/b/reviews/2" }], nextPageToken: "" }
      : { reviews: [{ name: "products/a/reviews/1" }], nextPageToken: "p2" },
  );
  const reviews = await queryClient.query(ownReviewsQuery);
  expect(reviews.map((review) => review.name)).toEqual(["products/a/reviews/1", "products/b/reviews/2"]);
  expect(calls.map((call) => call.query.get("pageToken"))).toEqual([null, "p2"]);
});
