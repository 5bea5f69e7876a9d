import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect } from "react";

import { BuyBox } from "@/features/cart/components/buy-box";
import { productQuery } from "@/features/catalog/api/products";
import { Facts, Stock } from "@/features/catalog/components/facts";
import { Gallery } from "@/features/catalog/components/gallery";
import { CategoryPath } from "@/features/catalog/components/path";
import { Opinion } from "@/features/recommendations/components/opinion";
import { RecommendationRow } from "@/features/recommendations/components/row";
import { ReviewForm } from "@/features/reviews/components/review-form";
import { Reviews } from "@/features/reviews/components/reviews";
import { Price } from "@/components/product/price";
import { Stars } from "@/components/product/stars";
import { Icon } from "@/components/ui/icon";
import { recordFollowed, sourceOf } from "@/lib/events";
import { useTitle } from "@/lib/title";

/** One product: what it is, what others think, and what goes with it. */
export function ProductPage() {
  const { id } = useParams({ from: "/products/$id" });
  const name = `products/${id}`;
  const { data: product } = useSuspenseQuery(productQuery(name));
  const why = sourceOf(name).why;
  useTitle(product.title);
  useEffect(() => recordFollowed("VIEW", name), [name]);
  return (
    <div className="wrap page" key={name}>
      <article className="product" data-product={name}>
        <Gallery product={product} />
        <div className="product-text">
          <CategoryPath product={product} />
          {product.brand && <p className="card-brand">{product.brand}</p>}
          <h1>{product.title}</h1>
          <Stars product={product} />
          <Price product={product} />
          <Stock product={product} />
          {why && (
            <p className="why">
              <Icon name="spark" size={18} /> {why}
            </p>
          )}
          <BuyBox product={product} />
          <div className="opinion">
            <Opinion product={name} />
            <Link className="button button-quiet" to="/search" search={{ like: id }}>
              <Icon name="search" /> More like this
            </Link>
          </div>
          {product.description && <p className="description">{product.description}</p>}
          <Facts product={product} />
        </div>
      </article>
      <div className="rows">
        <RecommendationRow
          id="similar"
          ask={{ scenario: "product", contextProduct: name, retriever: "RETRIEVER_SIMILAR" }}
          title={() => "Similar"}
        />
        <RecommendationRow
          id="together"
          optional
          ask={{ scenario: "product", contextProduct: name, retriever: "RETRIEVER_BOUGHT_TOGETHER" }}
          title={() => "Often bought together"}
        />
        <section className="reviews" aria-labelledby="reviews">
          <h2 id="reviews">Reviews</h2>
          <ReviewForm product={name} />
          <Reviews product={name} />
        </section>
      </div>
    </div>
  );
}
