import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import type { UserEvent_KindJson } from "@contracts/aisle/recs/v1/user_event_pb";

import { historyQuery } from "@/features/account/api/account";
import { ProductPicture } from "@/components/product/picture";
import { Failure, Notice } from "@/components/ui/notice";
import { dateTime } from "@/lib/format";
import { request } from "@/lib/http";
import { idOf } from "@/lib/ids";
import type { Product } from "@/lib/types";

const WORDS: Partial<Record<UserEvent_KindJson, string>> = {
  KIND_VIEW: "Looked at",
  KIND_ADD_TO_CART: "Put into the cart",
  KIND_PURCHASE: "Bought",
  KIND_LIKE: "Liked",
  KIND_DISLIKE: "Not for me",
  KIND_RATE: "Rated",
  KIND_SEARCH: "Searched for",
};

/** What the shopper did, newest first: what recommendations are made from. */
export function History() {
  const { data, error, fetchNextPage, hasNextPage, isFetching, refetch } = useInfiniteQuery(historyQuery);
  const events = (data?.pages.flatMap((page) => page.userEvents) ?? []).filter(
    (event) => event.kind && WORDS[event.kind],
  );
  const names = [...new Set(events.flatMap((event) => event.product || []))].slice(0, 100);
  const products = useQuery({
    queryKey: ["products", names],
    queryFn: ({ signal }) =>
      request<{ products: Product[] }>("GET", "/v1/products:batchGet", {
        query: { names, allowMissing: true },
        signal,
      }),
    enabled: names.length > 0,
    select: (answer) => new Map(answer.products.map((product) => [product.name, product])),
  });
  if (error && !data) return <Failure error={error} again={() => void refetch()} />;
  if (data && !events.length) return <Notice title="Nothing yet">What you look at, like and buy appears here.</Notice>;
  return (
    <>
      <ul className="history">
        {events.slice(0, 100).map((event) => {
          const product = event.product ? products.data?.get(event.product) : undefined;
          return (
            <li key={event.eventId}>
              <span className="history-picture">
                {product && <ProductPicture product={product} width={80} sizes="3rem" />}
              </span>
              <span>
                <span className="soft">{event.kind && WORDS[event.kind]}</span>{" "}
                {product ? (
                  <Link to="/products/$id" params={{ id: idOf(product.name) }}>
                    {product.title}
                  </Link>
                ) : (
                  event.query || event.product || "what a picture shows"
                )}
              </span>
              <time className="soft small" dateTime={event.eventTime}>
                {dateTime(event.eventTime)}
              </time>
            </li>
          );
        })}
      </ul>
      {hasNextPage && events.length < 100 && (
        <button type="button" className="button" disabled={isFetching} onClick={() => void fetchNextPage()}>
          More
        </button>
      )}
    </>
  );
}
