// The first products, drawn into the frame of the page before the script is there that draws all of it. That one
// replaces them by its own, at the same place and of the same size.

import { count, discount, money } from "@/lib/format";
import { idOf } from "@/lib/ids";
import { sourcesOf, type Place } from "@/lib/pictures";
import type { Picture, Product } from "@/lib/types";

type Content = string | Node | undefined;

/** An element with classes and what is in it. Text stays text: nothing here is read as HTML. */
function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  ...content: Content[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.className = className;
  made.append(...content.filter((part) => part !== undefined));
  return made;
}

function picture({ title, pictures }: Product, { width, sizes }: Place): HTMLElement {
  const first = pictures?.[0] as Picture | undefined;
  if (!first) return element("span", "no-picture", title.trim().charAt(0) || "?");
  const image = element("img", "");
  const { src, srcSet } = sourcesOf(first, width);
  image.alt = "";
  image.fetchPriority = "high";
  image.width = first.width ?? width;
  image.height = first.height ?? width;
  image.sizes = sizes;
  image.srcset = srcSet;
  image.src = src;
  return image;
}

function price({ price: now, listPrice: before }: Product): HTMLElement {
  if (!money(now)) return element("p", "price price-none", "No price yet");
  if (!discount(now, before)) return element("p", "price", element("span", "", money(now)));
  const old = element("s", "", element("span", "sr-only", "before "), money(before));
  return element("p", "price", element("span", "price-sale", money(now)), old);
}

function badge({ inStock, price: now, listPrice: before }: Product): HTMLElement | undefined {
  if (!inStock) return element("span", "badge badge-quiet", "Sold out");
  const percent = discount(now, before);
  return percent >= 1 ? element("span", "badge", `−${percent} %`) : undefined;
}

function card(product: Product, place: Place): HTMLElement {
  const link = element("a", "card-link", product.title);
  link.href = `/products/${encodeURIComponent(idOf(product.name))}`;
  const brand = product.brand ? element("p", "card-brand", product.brand) : undefined;
  const text = element("div", "card-text", brand, element("h3", "card-title", link), price(product));
  return element("article", "card", element("div", "card-picture", picture(product, place), badge(product)), text);
}

/** Puts something into the frame's middle, unless the page itself stands there by now; answers when its pictures are
 * there. */
async function draw(content: HTMLElement): Promise<void> {
  document.querySelector("#root > main[aria-busy]")?.replaceChildren(content);
  await Promise.allSettled([...content.querySelectorAll("img")].map((image) => image.decode()));
}

/** The start page's first row. */
export function drawRow(title: string, note: string, products: readonly Product[], place: Place): Promise<void> {
  const head = element("div", "", element("h2", "", title), element("p", "shelf-note", note));
  const row = element("div", "row", ...products.map((product) => card(product, place)));
  const shelf = element("section", "shelf", element("div", "shelf-head", head), row);
  return draw(element("div", "band", element("div", "wrap", shelf)));
}

/** The first products that a search found. */
export function drawFound(
  title: string,
  total: string | undefined,
  products: readonly Product[],
  place: Place,
): Promise<void> {
  const number = `${count(total)} ${Number(total) === 1 ? "product" : "products"}`;
  const words = element("div", "", element("h1", "", title), element("p", "soft found-count", number));
  const head = element("div", "page-head", words, element("div", "frame-actions"));
  const grid = element("div", "grid", ...products.map((product) => card(product, place)));
  const columns = element("div", "search-columns", element("aside", "search-side"), element("div", "", grid));
  return draw(element("div", "wrap page search-page", head, columns));
}
