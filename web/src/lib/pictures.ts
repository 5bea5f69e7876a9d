// Pictures in the sizes that the shop has, and the places that they fill.

import type { Picture, Product } from "@/lib/types";

export interface Place {
  /** CSS pixels of it on a wide screen. */
  width: number;
  /** The same for each width of the screen, as an image's `sizes`. */
  sizes: string;
}

export const CARD: Place = { width: 320, sizes: "(max-width: 40rem) 45vw, 15rem" };
export const GALLERY: Place = { width: 640, sizes: "(max-width: 56rem) 92vw, 36rem" };

/** The addresses of a picture, for a place of this width and for screens of half and double its density. */
export function sourcesOf({ uri }: Picture, width: number): { src: string; srcSet: string } {
  const source = (pixels: number) => `${uri}?width=${pixels}`;
  const set = [width / 2, width, width * 2].map((pixels) => `${source(pixels)} ${pixels}w`);
  return { src: source(width), srcSet: set.join(", ") };
}

/** Fetches a product's first picture before the element is there that will show it. */
export function fetchPicture(product: Pick<Product, "pictures"> | undefined, { width, sizes }: Place): void {
  const picture = product?.pictures?.[0] as Picture | undefined;
  if (!picture) return;
  const image = new Image();
  image.fetchPriority = "high";
  image.sizes = sizes;
  image.srcset = sourcesOf(picture, width).srcSet;
}
