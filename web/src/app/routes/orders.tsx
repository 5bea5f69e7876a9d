import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { ordersQuery, STATES } from "@/features/orders/api/orders";
import { Failure, Notice } from "@/components/ui/notice";
import { count, date, money } from "@/lib/format";
import { idOf } from "@/lib/ids";
import { isShopper } from "@/lib/session";
import { useTitle } from "@/lib/title";
import { useSession } from "@/lib/use-session";

/** What the shopper bought, newest first. */
export function OrdersPage() {
  useTitle("Your orders");
  const shopper = isShopper(useSession());
  const { data, error, fetchNextPage, hasNextPage, isFetching, refetch } = useInfiniteQuery(ordersQuery);
  const orders = data?.pages.flatMap((page) => page.orders) ?? [];
  return (
    <div className="wrap page narrow-page">
      <h1>Your orders</h1>
      {error && !data && <Failure error={error} again={() => void refetch()} />}
      {!data && !error && <div className="skeleton skeleton-block" />}
      {data && orders.length === 0 && (
        <Notice title="No orders yet.">
          <p>What you buy appears here.</p>
          {!shopper && (
            <p>
              Did you buy with an account?{" "}
              <Link to="/log-in" search={{ back: "/orders" }}>
                Log in
              </Link>
            </p>
          )}
          <Link to="/" className="button">
            Look around
          </Link>
        </Notice>
      )}
      {!shopper && orders.length > 0 && (
        <p className="hint">
          These belong to this browser. <Link to="/sign-up">Sign up</Link> to keep them.
        </p>
      )}
      <ul className="orders">
        {orders.map((order) => (
          <li key={order.name}>
            <Link to="/orders/$id" params={{ id: idOf(order.name) }} className="order panel">
              <span className="order-pictures">
                {order.lines
                  .slice(0, 4)
                  .map(
                    (line) =>
                      line.pictureUri && (
                        <img
                          key={line.product}
                          src={`${line.pictureUri}?width=160`}
                          alt=""
                          width={64}
                          height={64}
                          loading="lazy"
                        />
                      ),
                  )}
              </span>
              <span>
                <strong>{date(order.createTime)}</strong>
                <span className="soft">
                  {" "}
                  · {count(order.totalQuantity)} {Number(order.totalQuantity) === 1 ? "unit" : "units"} ·{" "}
                  {money(order.total)}
                </span>
              </span>
              <span className={`state state-${order.state.toLowerCase()}`}>{STATES[order.state]}</span>
            </Link>
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <button type="button" className="button" disabled={isFetching} onClick={() => void fetchNextPage()}>
          Older orders
        </button>
      )}
    </div>
  );
}
