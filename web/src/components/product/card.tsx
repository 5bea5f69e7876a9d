import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { ProductPicture } from "@/components/product/picture";
import { Price } from "@/components/product/price";
import { Stars } from "@/components/product/stars";
import { followed, type Source } from "@/lib/events";
import { discount } from "@/lib/format";
import { idOf } from "@/lib/ids";
import { CARD } from "@/lib/pictures";
import { useImpression } from "@/lib/seen";
import type { Product } from "@/lib/types";

interface Properties {
  product: Product;
  /** Where it stands; goes with the events that come of it. */
  source: Source;
  eager?: boolean;
  /** Why it is here. */
  note?: ReactNode;
  /** The title, where words in it are marked. */
  title?: ReactNode;
  /** What can be done with it here: then its title alone leads to its page. */
  action?: ReactNode;
}

/** A product in a list. */
export function ProductCard({ product, source, eager, note, title, action }: Properties) {
  const ref = useImpression<HTMLElement>(product.name, source);
  const percent = discount(product.price, product.listPrice);
  return (
    <article className="card" data-product={product.name} data-position={source.position} ref={ref}>
      <div className="card-picture">
        <ProductPicture product={product} {...CARD} eager={eager} />
        {!product.inStock ? (
          <span className="badge badge-quiet">Sold out</span>
        ) : (
          percent >= 1 && <span className="badge">−{percent} %</span>
        )}
        {note && (
          <p className="card-note">
            <span>{note}</span>
          </p>
        )}
      </div>
      <div className="card-text">
        {product.brand && <p className="card-brand">{product.brand}</p>}
        <h3 className="card-title">
          <Link
            className="card-link"
            to="/products/$id"
            params={{ id: idOf(product.name) }}
            onClick={() => followed(product.name, source)}
          >
            {title ?? product.title}
          </Link>
        </h3>
        <Stars product={product} />
        <Price product={product} />
        {action && <div className="card-action">{action}</div>}
      </div>
    </article>
  );
}

/** Grey cards for the time until the products are there. */
export function CardSkeletons({ number }: { number: number }) {
  return Array.from({ length: number }, (_, index) => (
    <div key={index} className="card card-waiting" aria-hidden="true">
      <div className="card-picture" />
      <div className="card-text">
        <span />
        <span />
        <span />
      </div>
    </div>
  ));
}
