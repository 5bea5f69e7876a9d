import { discount, money } from "@/lib/format";
import type { Product } from "@/lib/types";

/** The price now, and the one before when it was higher. */
export function Price({ product }: { product: Pick<Product, "price" | "listPrice"> }) {
  const now = money(product.price);
  if (!now) return <p className="price price-none">No price yet</p>;
  return (
    <p className="price">
      <span className={discount(product.price, product.listPrice) ? "price-sale" : undefined}>{now}</span>
      {discount(product.price, product.listPrice) > 0 && (
        <s>
          <span className="sr-only">before </span>
          {money(product.listPrice)}
        </s>
      )}
    </p>
  );
}
