import { useState } from "react";

import type { Picture, Product } from "@/lib/types";

interface Properties {
  product: Pick<Product, "title" | "pictures">;
  /** CSS pixels of the place that it fills, on a wide screen. */
  width: number;
  sizes: string;
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
  const source = (pixels: number) => `${picture.uri}?width=${pixels}`;
  return (
    <img
      alt={alt}
      src={source(width)}
      srcSet={[width / 2, width, width * 2].map((pixels) => `${source(pixels)} ${pixels}w`).join(", ")}
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
