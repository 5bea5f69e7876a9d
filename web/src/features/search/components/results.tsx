import { Fragment } from "react";

import type { Found } from "@/features/search/api/search";
import { PAGE } from "@/features/search/api/search";
import { Highlight } from "@/features/search/components/highlight";
import { ProductCard } from "@/components/product/card";
import { useGradually } from "@/lib/gradually";

const IN_SIGHT = 8;

/** The products of all pages that were read. What is only near to what was found comes behind it, and is not counted. */
export function Results({ pages }: { pages: readonly Found[] }) {
  const number = useGradually(pages.length * PAGE, IN_SIGHT);
  const found = Number(pages[0]?.totalSize ?? 0);
  return pages.map((page, at) =>
    page.results.slice(0, Math.max(0, number - at * PAGE)).map(({ product, details, highlightedTitle }, index) => (
      <Fragment key={product}>
        {found > 0 && at * PAGE + index === found && <p className="grid-heading">Close to what was found</p>}
        <ProductCard
          product={details ?? { name: product, title: product }}
          source={{ attributionToken: page.attributionToken, position: at * PAGE + index + 1 }}
          eager={at === 0 && index < 4}
          title={highlightedTitle ? <Highlight text={highlightedTitle} /> : undefined}
        />
      </Fragment>
    )),
  );
}
