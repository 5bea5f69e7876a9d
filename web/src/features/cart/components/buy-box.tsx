import { useState } from "react";

import { useAddToCart } from "@/features/cart/api/cart";
import { showCart } from "@/features/cart/drawer";
import { Icon } from "@/components/ui/icon";
import { uuid } from "@/lib/ids";
import type { Product } from "@/lib/types";

const MOST = 10;

/** Puts a product into the cart. */
export function BuyBox({ product }: { product: Product }) {
  const add = useAddToCart();
  const [quantity, setQuantity] = useState(1);
  const most = Math.max(1, Math.min(MOST, Number(product.stockQuantity)));
  const sold = product.inStock && product.price;
  return (
    <form
      className="buy"
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate({ product, quantity, requestId: uuid() });
        showCart(true);
      }}
    >
      <label className="sr-only" htmlFor="units">
        Units
      </label>
      <select
        id="units"
        value={quantity}
        disabled={!sold}
        onChange={(event) => setQuantity(Number(event.target.value))}
      >
        {Array.from({ length: most }, (_, index) => (
          <option key={index}>{index + 1}</option>
        ))}
      </select>
      <button type="submit" className="button button-main button-large" disabled={!sold}>
        <Icon name="bag" /> {sold ? "Add to cart" : product.price ? "Sold out" : "Not for sale"}
      </button>
    </form>
  );
}
