import type { Product } from "@/lib/types";

/** Free attributes, as a list of names and values. */
export function Facts({ product }: { product: Product }) {
  const facts = Object.entries(product.attributes ?? {}).filter(([, value]) => value);
  if (!facts.length) return null;
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name.replaceAll("_", " ")}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** How much of it is left, in words; nothing of what is not for sale, whatever is in stock. */
export function Stock({ product }: { product: Product }) {
  if (!product.price) return null;
  const left = Number(product.stockQuantity);
  if (!product.inStock) return <p className="stock stock-none">Sold out</p>;
  return <p className="stock">{left <= 5 ? `Only ${left} left` : "In stock"}</p>;
}
