// The first products, drawn into the frame of the page before the script is there that draws all of it. That one
// replaces them by its own, at the same place and of the same size.

import { followed, type Source } from "@/lib/events";
import { count, discount, money, rating } from "@/lib/format";
import { idOf } from "@/lib/ids";
import { sourcesOf, type Place } from "@/lib/pictures";
import type { Picture, Product } from "@/lib/types";

/** As many pictures are in sight at first on a phone; each more takes from them. */
export const IN_SIGHT = 4;

/** A product, and where it stands. */
export interface Placed {
  product: Product;
  source: Source;
}

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
  if (!first) {
    const initial = element("span", "no-picture", title.trim().charAt(0) || "?");
    initial.ariaHidden = "true";
    return initial;
  }
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

function stars({ rating: mean, ratingCount }: Product): HTMLElement | undefined {
  if (!Number(ratingCount)) return undefined;
  const number = element("span", "stars-count", `(${count(ratingCount)})`);
  return element("p", "stars", element("span", "early-star", "★"), element("span", "", rating(Number(mean))), number);
}

function badge({ inStock, price: now, listPrice: before }: Product): HTMLElement | undefined {
  if (!inStock) return element("span", "badge badge-quiet", "Sold out");
  const percent = discount(now, before);
  return percent >= 1 ? element("span", "badge", `−${percent} %`) : undefined;
}

/** Cards of products: all of them, because neighbours are of one height, and pictures of those in sight. */
const cards = (products: readonly Placed[], place: Place): HTMLElement[] =>
  products.map((placed, index) => card(placed, index < IN_SIGHT ? place : undefined));

function card({ product, source }: Placed, place: Place | undefined): HTMLElement {
  const link = element("a", "card-link", product.title);
  link.href = `/products/${encodeURIComponent(idOf(product.name))}`;
  link.addEventListener("click", () => followed(product.name, source));
  const brand = product.brand ? element("p", "card-brand", product.brand) : undefined;
  const text = element("div", "card-text", brand, element("h3", "card-title", link), stars(product), price(product));
  return element(
    "article",
    "card",
    element("div", "card-picture", place && picture(product, place), badge(product)),
    text,
  );
}

/** Something drawn into the frame. */
export interface Drawn {
  /** When its pictures were shown. */
  seen: Promise<unknown>;
}

// Where a keyboard was when the page itself came.
let focused: string | null = null;

/** Puts something into the frame's middle, unless the page itself stands there by now. */
function draw(content: HTMLElement): Drawn {
  content.addEventListener("focusin", ({ target }) => (focused = (target as Element).getAttribute("href")));
  const seen = shown([...content.querySelectorAll("img")]);
  document.querySelector("#root > main[aria-busy]")?.replaceChildren(content);
  return { seen };
}

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

/** When all of these were on the screen, or cannot be had. A decoded picture is there some frames later only, and what is
 * replaced before was never seen. */
async function shown(images: readonly HTMLImageElement[]): Promise<void> {
  if (images.length === 0) return;
  if (!PerformanceObserver.supportedEntryTypes.includes("element")) {
    await Promise.allSettled(images.map((image) => image.decode()));
    await frame().then(frame);
    return;
  }
  const missing = new Set<Element | null>(images);
  await new Promise<void>((resolve) => {
    const settle = (image: Element | null) => {
      missing.delete(image);
      if (missing.size === 0) resolve();
    };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) settle((entry as PerformanceElementTiming).element);
    }).observe({ type: "element", buffered: true });
    for (const image of images) {
      image.setAttribute("elementtiming", "early");
      image.addEventListener("error", () => settle(image));
    }
  });
}

// Not in the library's types: https://wicg.github.io/element-timing/
interface PerformanceElementTiming extends PerformanceEntry {
  readonly element: Element | null;
}

/** Gives the page's own link the focus that the frame's had, as soon as it is there. */
export function refocus(main: HTMLElement, tries = 20): void {
  if (focused === null || document.activeElement !== document.body) return;
  const links = [...main.querySelectorAll<HTMLElement>("a[href]")];
  const link = links.find((one) => one.getAttribute("href") === focused);
  if (link) link.focus({ preventScroll: true });
  else if (tries > 0) setTimeout(() => refocus(main, tries - 1), 100);
}

/** The start page's first row. */
export function drawRow(title: string, note: string, products: readonly Placed[], place: Place): Drawn {
  const head = element("div", "", element("h2", "", title), element("p", "shelf-note", note));
  const row = element("div", "row", ...cards(products, place));
  const shelf = element("section", "shelf", element("div", "shelf-head", head), row);
  return draw(element("div", "band", element("div", "wrap", shelf)));
}

/** The first products that a search found. */
export function drawFound(title: string, total: string | undefined, products: readonly Placed[], place: Place): Drawn {
  const number = `${count(total)} ${Number(total) === 1 ? "product" : "products"}`;
  const words = element("div", "", element("h1", "", title), element("p", "soft found-count", number));
  const head = element("div", "page-head", words, element("div", "frame-actions"));
  const grid = element("div", "grid", ...cards(products, place));
  const columns = element("div", "search-columns", element("aside", "search-side"), element("div", "", grid));
  return draw(element("div", "wrap page search-page", head, columns));
}
