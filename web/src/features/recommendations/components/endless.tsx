import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";

import { endlessQuery, rowQuery, SIZE, type Ask } from "@/features/recommendations/api/recommend";
import { Cards } from "@/features/recommendations/components/row";
import { CardSkeletons } from "@/components/product/card";
import { Failure } from "@/components/ui/notice";
import { useEndless } from "@/lib/seen";

/** Goes on where the row of the same question ends, for as long as one scrolls. */
export function EndlessRecommendations({ ask, title }: { ask: Ask; title: string }) {
  // The row itself says when it fails, and tries again.
  const row = useQuery({ ...rowQuery(ask), retryOnMount: false });
  const [start, setStart] = useState("");
  // The place where the first reply ended: the row may be read again meanwhile, and this must not jump.
  if (!start && row.data?.nextPageToken) setStart(row.data.nextPageToken);
  if (!start) return null;
  return (
    <section className="endless" aria-labelledby="endless-title">
      <h2 id="endless-title">{title}</h2>
      <Pages ask={ask} start={start} />
    </section>
  );
}

function Pages({ ask, start }: { ask: Ask; start: string }) {
  const { data, error, fetchNextPage, hasNextPage, isFetching, refetch } = useInfiniteQuery({
    ...endlessQuery(ask, start),
    enabled: false,
  });
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const end = useEndless<HTMLDivElement>(more, !isFetching && !error && (!data || hasNextPage));
  return (
    <>
      <div className="grid">
        {data?.pages.map((page, index) => (
          <Cards key={page.attributionToken} reply={page} from={SIZE * (index + 1) + 1} />
        ))}
        {isFetching && <CardSkeletons number={10} />}
      </div>
      {error && <Failure error={error} again={() => void (data ? fetchNextPage() : refetch())} />}
      <div ref={end} className="endless-end" />
    </>
  );
}
