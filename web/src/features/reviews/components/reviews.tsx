import { useInfiniteQuery } from "@tanstack/react-query";

import { reviewsQuery } from "@/features/reviews/api/reviews";
import { Marks } from "@/components/product/stars";
import { Failure } from "@/components/ui/notice";
import { count, date } from "@/lib/format";

/** What buyers wrote of a product. */
export function Reviews({ product }: { product: string }) {
  const { data, error, fetchNextPage, hasNextPage, isFetchingNextPage, refetch } = useInfiniteQuery(
    reviewsQuery(product),
  );
  if (error && !data) return <Failure error={error} again={() => void refetch()} />;
  const reviews = data?.pages.flatMap((page) => page.reviews) ?? [];
  return (
    <>
      {data && reviews.length === 0 && <p className="soft">Nobody has reviewed this yet.</p>}
      {reviews.map((review) => (
        <article key={review.name} className="review">
          <p className="review-head">
            {Number(review.rating) > 0 && <Marks value={Number(review.rating)} />}
            <strong>{review.authorDisplayName ?? "A buyer"}</strong>
            <time className="soft" dateTime={review.createTime}>
              {date(review.createTime)}
            </time>
          </p>
          {review.title && <h3>{review.title}</h3>}
          {review.text && <p className="review-text">{review.text}</p>}
        </article>
      ))}
      {hasNextPage && (
        <button type="button" className="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          More of {count(data?.pages[0]?.totalSize)} reviews
        </button>
      )}
    </>
  );
}
