import { Link } from "@tanstack/react-router";

import type { Product } from "@/lib/types";

/** Where a product stands in the category tree. */
export function CategoryPath({ product }: { product: Product }) {
  const ids = product.categoryIds ?? [];
  if (!ids.length) return null;
  return (
    <nav className="path" aria-label="Categories">
      <ol>
        {ids.map((id, index) => (
          <li key={id}>
            <Link to="/search" search={{ category: [id] }}>
              {product.categoryPath?.[index] ?? id}
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}
