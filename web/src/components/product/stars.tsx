import { Icon } from "@/components/ui/icon";
import { count, rating } from "@/lib/format";
import type { Product } from "@/lib/types";

/** The mean rating; nothing without ratings. */
export function Stars({ product }: { product: Pick<Product, "rating" | "ratingCount"> }) {
  if (!Number(product.ratingCount)) return null;
  const mean = rating(Number(product.rating));
  return (
    <p className="stars">
      <span className="sr-only">{`Rated ${mean} of 5 by ${count(product.ratingCount)}`}</span>
      <Icon name="star" size={15} />
      <span aria-hidden="true">{mean}</span>
      <span aria-hidden="true" className="stars-count">
        ({count(product.ratingCount)})
      </span>
    </p>
  );
}

/** A rating of one person. */
export function Marks({ value }: { value: number }) {
  return (
    <span className="marks" role="img" aria-label={`${value} of 5 stars`}>
      {[1, 2, 3, 4, 5].map((mark) => (
        <span key={mark} className={mark <= value ? "mark mark-on" : "mark"}>
          <Icon name="star" size={16} />
        </span>
      ))}
    </span>
  );
}
