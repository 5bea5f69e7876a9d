import { useState } from "react";

import { ProductPicture } from "@/components/product/picture";
import { GALLERY } from "@/lib/pictures";
import type { Product } from "@/lib/types";

/** A product's pictures: one large, the others to choose from. */
export function Gallery({ product }: { product: Product }) {
  const [at, setAt] = useState(0);
  const pictures = product.pictures ?? [];
  return (
    <div className="gallery">
      <div className="gallery-frame">
        <ProductPicture key={at} product={product} at={at} {...GALLERY} eager alt={product.title} />
      </div>
      {pictures.length > 1 && (
        <div className="thumbs" role="group" aria-label="Pictures">
          {pictures.map((picture, index) => (
            <button
              key={picture.name}
              type="button"
              className="thumb"
              aria-pressed={index === at}
              aria-label={`Picture ${index + 1} of ${pictures.length}`}
              onClick={() => setAt(index)}
            >
              <ProductPicture product={product} at={index} width={160} sizes="4.5rem" />
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
