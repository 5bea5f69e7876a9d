import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { cartQuery } from "@/features/cart/api/cart";
import { CartLines, CartTotal } from "@/features/cart/components/cart-lines";
import { showCart, useCartOpen } from "@/features/cart/drawer";
import Drawer from "@/components/ui/drawer";
import { Failure, Notice } from "@/components/ui/notice";

/** The cart at the side of whatever one is looking at. */
export default function CartDrawer() {
  const cart = useQuery(cartQuery);
  const close = () => showCart(false);
  return (
    <Drawer open={useCartOpen()} close={close} title="Your cart">
      {cart.error && !cart.data && <Failure error={cart.error} again={() => void cart.refetch()} />}
      {cart.data?.items.length === 0 && <Notice title="It is empty.">What you add waits here.</Notice>}
      {cart.data && cart.data.items.length > 0 && (
        <>
          <CartLines cart={cart.data} leave={close} />
          <div className="drawer-foot">
            <CartTotal cart={cart.data} />
            <Link to="/checkout" className="button button-main button-wide" onClick={close}>
              Check out
            </Link>
            <Link to="/cart" className="button button-quiet button-wide" onClick={close}>
              Look at the cart
            </Link>
          </div>
        </>
      )}
    </Drawer>
  );
}
