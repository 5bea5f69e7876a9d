import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { cartQuery, productsOf, useCartChanging, type Cart } from "@/features/cart/api/cart";
import { AddHere } from "@/features/cart/components/add-here";
import { CartLines, CartTotal } from "@/features/cart/components/cart-lines";
import { useBuying } from "@/features/orders/api/orders";
import { CheckoutForm } from "@/features/orders/components/checkout-form";
import { OF_SCENARIO } from "@/features/recommendations/api/recommend";
import { RecommendationRow } from "@/features/recommendations/components/row";
import { Failure, Notice } from "@/components/ui/notice";
import { money } from "@/lib/format";
import { idOf } from "@/lib/ids";
import { useTitle } from "@/lib/title";

/** Where the money moves. */
export function CheckoutPage() {
  useTitle("Check out");
  const navigate = useNavigate();
  const changing = useCartChanging();
  const buying = useBuying();
  const { data, error, refetch } = useQuery(cartQuery);
  return (
    <div className="wrap page">
      <h1>Check out</h1>
      {error && !data && <Failure error={error} again={() => void refetch()} />}
      {!data && !error && <div className="skeleton skeleton-block" />}
      {data?.items.length === 0 && (
        <Notice title="Your cart is empty.">
          <Link to="/" className="button">
            Look around
          </Link>
        </Notice>
      )}
      {data && data.items.length > 0 && (
        <>
          {!data.purchasable && !changing && (
            <p className="degraded" role="status">
              Something in your cart cannot be bought as it is: “What you buy” says what to change.
            </p>
          )}
          <div className="columns">
            <CheckoutForm
              etag={data.etag}
              purchasable={(data.purchasable ?? false) && !changing}
              total={money(data.total)}
              done={(order) => void navigate({ to: "/orders/$id", params: { id: idOf(order.name) }, replace: true })}
            />
            <aside className="panel summary" aria-label="What you buy" inert={buying}>
              <CartLines cart={data} />
              <CartTotal cart={data} />
            </aside>
          </div>
          <div className="rows" inert={buying}>
            <LastThing cart={data} />
          </div>
        </>
      )}
    </div>
  );
}

/** What goes with the order, below it. It stays while the order changes: who pays is not to see things move. */
function LastThing({ cart }: { cart: Cart }) {
  const [contextProducts] = useState(() => productsOf(cart));
  return (
    <RecommendationRow
      id="checkout"
      optional
      ask={{ scenario: "checkout", contextProducts, pageSize: OF_SCENARIO }}
      title={(reply) => reply?.title || "Goes with your order"}
      action={(product, source) => <AddHere product={product} source={source} />}
    />
  );
}
