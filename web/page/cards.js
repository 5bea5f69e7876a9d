// A product in a list.

import { h, icon } from "./dom.js";
import { watch } from "./events.js";
import { count, discount, money, pictureAt, rating } from "./format.js";

/** The product's address on this page. */
export const address = (name) => `#/${name}`;

/** A card. `source` is where it stands: its position and the list's attribution token; `note` says why it is there. */
export function card(product, source, { eager = false, note = "" } = {}) {
  const link = h("a", { class: "card-link", href: address(product.name) }, product.title || product.name);
  const element = h(
    "article",
    { class: "card", "data-product": product.name },
    h(
      "div",
      { class: "card-picture" },
      picture(product, eager, 320),
      badge(product),
      note && h("p", { class: "card-note", title: note }, note),
    ),
    h(
      "div",
      { class: "card-text" },
      product.brand && h("p", { class: "card-brand" }, product.brand),
      h("h3", { class: "card-title" }, link),
      stars(product),
      price(product),
    ),
  );
  // Read when the card is clicked or seen; the list writes a new one when it keeps the card.
  element.source = { product: product.name, ...source };
  watch(element);
  return element;
}

/** The first picture, or the title's initial where there is none. */
export function picture(product, eager, width) {
  const first = product.pictures?.[0];
  const initial = h("span", { class: "no-picture", "aria-hidden": true }, (product.title || "?").trim().charAt(0));
  if (!first) return initial;
  const image = h("img", {
    alt: "",
    src: pictureAt(first, width),
    srcset: `${pictureAt(first, width)} ${width}w, ${pictureAt(first, width * 2)} ${width * 2}w`,
    sizes: width === 320 ? "(max-width: 40rem) 45vw, 15rem" : "(max-width: 60rem) 90vw, 34rem",
    width: first.width || width,
    height: first.height || width,
    loading: eager ? "eager" : "lazy",
    decoding: "async",
  });
  image.addEventListener("error", () => image.replaceWith(initial), { once: true });
  return image;
}

function badge(product) {
  if (!product.inStock) return h("span", { class: "badge badge-quiet" }, "Sold out");
  const percent = discount(product);
  return percent >= 1 && h("span", { class: "badge" }, `−${percent} %`);
}

/** The mean rating as words and stars; nothing without ratings. */
export function stars(product) {
  if (!Number(product.ratingCount)) return null;
  const words = `Rated ${rating(product.rating)} of 5 by ${count(product.ratingCount)}`;
  return h(
    "p",
    { class: "stars", role: "img", "aria-label": words },
    icon("star"),
    h("span", { "aria-hidden": true }, rating(product.rating)),
    h("span", { "aria-hidden": true, class: "stars-count" }, `(${count(product.ratingCount)})`),
  );
}

/** The price now, and the one before when it was higher. */
export function price(product) {
  const now = money(product.price);
  if (!now) return h("p", { class: "price price-none" }, "No price yet");
  const before =
    discount(product) >= 1 && h("s", { "aria-label": `before ${money(product.listPrice)}` }, money(product.listPrice));
  return h("p", { class: "price" }, h("span", {}, now), before);
}

/** Grey cards for the time until the products are there. */
export function skeletons(number) {
  return Array.from({ length: number }, () =>
    h(
      "div",
      { class: "card card-waiting", "aria-hidden": true },
      h("div", { class: "card-picture" }),
      h("div", { class: "card-text" }, h("span", {}), h("span", {})),
    ),
  );
}
