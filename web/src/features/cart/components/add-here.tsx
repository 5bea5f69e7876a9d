import { useQuery } from "@tanstack/react-query";

import { cartQuery, useAddToCart } from "@/features/cart/api/cart";
import { followed, type Source } from "@/lib/events";
import { uuid } from "@/lib/ids";
import { say } from "@/lib/toasts";
import type { Product } from "@/lib/types";

/** Puts one of a product into the cart from where it stands; the shopper stays there. */
export function AddHere({ product, source }: { product: Product; source: Source }) {
  const add = useAddToCart();
  const cart = useQuery(cartQuery);
  const there = cart.data?.items.some((item) => item.product === product.name) ?? false;
  if (!product.inStock || !product.price) return null;
  const put = () => {
    if (there || add.isPending) return;
    followed(product.name, source);
    add.mutate(
      { product, quantity: 1, requestId: uuid() },
      { onSuccess: () => say(`${product.title} is in your cart.`) },
    );
  };
  return (
    // Not disabled when it is done: the keyboard stays where it was.
    <button type="button" className="button button-wide" aria-disabled={there} onClick={put}>
      {there ? "In your cart" : "Add to cart"}
      <span className="sr-only">: {product.title}</span>
    </button>
  );
}
