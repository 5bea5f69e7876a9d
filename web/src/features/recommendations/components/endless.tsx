import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback } from "react";

import { endlessQuery, rowQuery, SIZE, type Ask } from "@/features/recommendations/api/recommend";
import { Cards } from "@/features/recommendations/components/row";
import { CardSkeletons } from "@/components/product/card";
import { Failure } from "@/components/ui/notice";
import { useEndless } from "@/lib/seen";
import { useChoices } from "@/lib/use-choices";

/** Goes on where the row of the same question ends, for as long as one scrolls. */
export function EndlessRecommendations({ ask, title }: { ask: Ask; title: string }) {
  const choices = useChoices();
  // The row itself says when it fails, and tries again.
  const row = useQuery({ ...rowQuery(ask, choices), retryOnMount: false });
  // What somebody else was shown has another end.
  const start = row.isPlaceholderData ? "" : (row.data?.nextPageToken ?? "");
  const { data, error, fetchNextPage, hasNextPage, isFetching, refetch } = useInfiniteQuery({
    ...endlessQuery(ask, choices, start),
    enabled: false,
  });
  const more = useCallback(() => void fetchNextPage({ cancelRefetch: false }), [fetchNextPage]);
  const active = !isFetching && !error && (data ? hasNextPage : start !== "");
  const end = useEndless<HTMLDivElement>(more, active, data?.pages.length ?? 0);
  if (!data && !start) return null;
  return (
    <section className="endless" aria-labelledby="endless-title">
      <h2 id="endless-title">{title}</h2>
      <div className="grid">
        {data?.pages.map((page, index) => (
          <Cards key={index} reply={page} from={SIZE * (index + 1) + 1} />
        ))}
        {isFetching && <CardSkeletons number={10} />}
      </div>
      {error && <Failure error={error} again={() => void (data ? fetchNextPage() : refetch())} />}
      <div ref={end} className="endless-end" />
    </section>
  );
}
