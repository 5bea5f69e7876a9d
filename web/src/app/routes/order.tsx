import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";

import { orderQuery, STATES } from "@/features/orders/api/orders";
import { Cancellation } from "@/features/orders/components/cancellation";
import { OrderLines } from "@/features/orders/components/order-lines";
import { ReviewForm } from "@/features/reviews/components/review-form";
import { Failure, Notice } from "@/components/ui/notice";
import { dateTime, money } from "@/lib/format";
import { ApiError } from "@/lib/http";
import { countryName } from "@/lib/regions";
import { isShopper } from "@/lib/session";
import { useTitle } from "@/lib/title";
import { useSession } from "@/lib/use-session";

/** One order, as it was bought. */
export function OrderPage() {
  useTitle("Your order");
  const { id } = useParams({ from: "/orders/$id" });
  const shopper = isShopper(useSession());
  const { data: order, error, refetch } = useQuery(orderQuery(id));
  if (error && !order) return <NoOrder error={error} again={() => void refetch()} />;
  if (!order) return <div className="wrap page skeleton skeleton-block" />;
  const address = order.shippingAddress;
  const bought = ["STATE_PAID", "STATE_SHIPPED", "STATE_DELIVERED"].includes(order.state);
  return (
    <div className="wrap page narrow-page">
      <div className="page-head">
        <div>
          <h1>{bought ? "Thank you" : "Your order"}</h1>
          <p className="soft">
            {dateTime(order.createTime)} · Order {id}
          </p>
        </div>
        <span className={`state state-${order.state.toLowerCase()}`}>{STATES[order.state]}</span>
      </div>
      {order.state === "STATE_PAYMENT_PENDING" && (
        <p className="hint" role="status">
          Your payment has not answered yet. Nothing is lost: the shop finds out by itself, and this page follows.
        </p>
      )}
      {order.state === "STATE_PAYMENT_DECLINED" && (
        <Notice title="The payment was declined.">
          <p>{order.declineReason} The items are in your cart again.</p>
          <Link to="/checkout" className="button">
            Try again
          </Link>
        </Notice>
      )}
      <section className="panel" aria-label="What you bought">
        <OrderLines order={order} />
        <p className="total">
          <span>Total</span>
          <strong>{money(order.total)}</strong>
        </p>
      </section>
      {address && (
        <section className="panel" aria-labelledby="address">
          <h2 id="address">It goes to</h2>
          <address>
            {[
              address.recipient,
              ...(address.addressLines ?? []),
              `${address.postalCode} ${address.city}`,
              address.regionCode && countryName(address.regionCode),
            ].map((line, index) => (
              <span key={index}>{line}</span>
            ))}
          </address>
        </section>
      )}
      {order.state === "STATE_PAID" && <Cancellation id={id} />}
      {bought && shopper && (
        <section className="panel" aria-labelledby="tell">
          <h2 id="tell">Tell others</h2>
          {order.lines.map((line) => (
            <div key={line.product} className="tell">
              <p>{line.title}</p>
              <ReviewForm product={line.product} />
            </div>
          ))}
        </section>
      )}
    </div>
  );
}

/** An order that could not be read; asking again for one that is not there, or somebody else's, leads nowhere. */
function NoOrder({ error, again }: { error: Error; again: () => void }) {
  const gone = error instanceof ApiError && error.status === 404;
  return (
    <div className="wrap page narrow-page">
      <h1>Your order</h1>
      {gone ? (
        <Notice title="There is no such order of yours.">
          <Link to="/orders" className="button">
            Your orders
          </Link>
        </Notice>
      ) : (
        <Failure error={error} again={again} />
      )}
    </div>
  );
}
