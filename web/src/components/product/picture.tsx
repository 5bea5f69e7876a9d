import { useState } from "react";

import { sourcesOf, type Place } from "@/lib/pictures";
import type { Picture, Product } from "@/lib/types";

interface Properties extends Place {
  product: Pick<Product, "title" | "pictures">;
  eager?: boolean | undefined;
  at?: number;
  alt?: string;
}

/** A product's picture, or its initial where there is none. */
export function ProductPicture({ product, width, sizes, eager, at = 0, alt = "" }: Properties) {
  const [broken, setBroken] = useState("");
  const picture = product.pictures?.[at] as Picture | undefined;
  if (!picture || broken === picture.uri) {
    return (
      <span className="no-picture" aria-hidden="true">
        {product.title.trim().charAt(0) || "?"}
      </span>
    );
  }
  const { src, srcSet } = sourcesOf(picture, width);
  return (
    <img
      alt={alt}
      src={src}
      srcSet={srcSet}
      sizes={sizes}
      width={picture.width ?? width}
      height={picture.height ?? width}
      loading={eager ? "eager" : "lazy"}
      fetchPriority={eager ? "high" : "auto"}
      decoding="async"
      onError={() => setBroken(picture.uri)}
    />
  );
}
