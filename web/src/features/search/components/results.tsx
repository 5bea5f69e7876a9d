import type { Found } from "@/features/search/api/search";
import { PAGE } from "@/features/search/api/search";
import { Highlight } from "@/features/search/components/highlight";
import { ProductCard } from "@/components/product/card";
import { useGradually } from "@/lib/gradually";

const IN_SIGHT = 8;

/** The products of all pages that were read. */
export function Results({ pages }: { pages: readonly Found[] }) {
  const number = useGradually(pages.length * PAGE, IN_SIGHT);
  return pages.map((page, at) =>
    page.results
      .slice(0, Math.max(0, number - at * PAGE))
      .map(({ product, details, highlightedTitle }, index) => (
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
