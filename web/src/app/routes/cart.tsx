import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { cartQuery, productsOf } from "@/features/cart/api/cart";
import { CartLines, CartTotal } from "@/features/cart/components/cart-lines";
import { RecommendationRow } from "@/features/recommendations/components/row";
import { Failure, Notice } from "@/components/ui/notice";
import { useTitle } from "@/lib/title";

/** The cart, and what goes with it. */
export function CartPage() {
  useTitle("Your cart");
  const { data, error, refetch } = useQuery(cartQuery);
  return (
    <div className="wrap page">
      <h1>Your cart</h1>
      {error && !data && <Failure error={error} again={() => void refetch()} />}
      {!data && !error && <div className="skeleton skeleton-block" />}
      {data?.items.length === 0 && (
        <Notice title="It is empty.">
          <Link to="/" className="button">
            Look around
          </Link>
        </Notice>
      )}
      {data && data.items.length > 0 && (
        <div className="columns">
          <CartLines cart={data} />
          <aside className="panel summary" aria-label="Total">
            <CartTotal cart={data} />
            <Link to="/checkout" className="button button-main button-wide">
              Check out
            </Link>
          </aside>
        </div>
      )}
      {data && (
        <div className="rows">
          <RecommendationRow
            id="cart"
            optional
            ask={{ scenario: "cart", contextProducts: productsOf(data) }}
            title={(reply) => (data.items.length ? reply?.title || "Goes with your cart" : "You may like these")}
          />
        </div>
      )}
    </div>
  );
}
