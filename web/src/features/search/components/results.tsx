import type { Found } from "@/features/search/api/search";
import { PAGE } from "@/features/search/api/search";
import { Highlight } from "@/features/search/components/highlight";
import { ProductCard } from "@/components/product/card";

/** The products of all pages that were read. */
export function Results({ pages }: { pages: readonly Found[] }) {
  return pages.map((page, at) =>
    page.results.map(({ product, details, highlightedTitle }, index) => (
      <ProductCard
        key={product}
        product={details ?? { name: product, title: product }}
        source={{ attributionToken: page.attributionToken, position: at * PAGE + index + 1 }}
        eager={at === 0 && index < 4}
        title={highlightedTitle ? <Highlight text={highlightedTitle} /> : undefined}
      />
    )),
  );
}
