import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";

import { cartQuery, unitsOf } from "@/features/cart/api/cart";
import { showCart, useCartOpen } from "@/features/cart/drawer";
import { Icon } from "@/components/ui/icon";
import { useSession } from "@/lib/use-session";

// Most pages are left without a look into the cart.
const CartDrawer = lazy(() => import("@/features/cart/components/cart-drawer"));

/** Opens the cart, and says how much is in it. */
export function CartButton() {
  const session = useSession();
  const cart = useQuery({ ...cartQuery, enabled: session.subject !== "" });
  const open = useCartOpen();
  const units = unitsOf(cart.data);
  return (
    <>
      <button type="button" className="icon-link" onClick={() => showCart(true)}>
        <Icon name="bag" />
        <span className="icon-label">Cart</span>
        {units > 0 && (
          <span className="count" data-units={units}>
            <span className="sr-only">, </span>
            {units}
            <span className="sr-only"> in it</span>
          </span>
        )}
      </button>
      {open && (
        <Suspense>
          <CartDrawer />
        </Suspense>
      )}
    </>
  );
}
