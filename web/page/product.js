// A product's page, in a dialog above the shop.

import { catalog } from "./api.js";
import { picture, price, stars } from "./cards.js";
import { failure, h, icon, toast } from "./dom.js";
import { record } from "./events.js";
import { count, date, pictureAt } from "./format.js";
import { Row, usualReason } from "./recommendations.js";

const DONE = {
  LIKE: "You like it. More of this kind will come.",
  DISLIKE: "Noted. You will not be shown this one again.",
  ADD_TO_CART: "Noted: it is in your cart.",
  PURCHASE: "Noted: you bought it.",
};

/** The dialog. `onEvent` is called when something that the shopper did is stored. */
export class ProductSheet {
  constructor(dialog, { onEvent, onClose }) {
    Object.assign(this, { dialog, onEvent });
    this.said = new Map(); // what was said of each product on this page: LIKE or DISLIKE
    dialog.addEventListener("close", onClose);
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  /** Shows a product; `source` says which list it was clicked in. */
  async open(name, source) {
    this.name = name;
    this.source = source;
    this.dialog.replaceChildren(this.closeButton(), h("p", { class: "notice", role: "status" }, "One moment…"));
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.scrollTop = 0;
    try {
      const product = await catalog.product(name);
      if (this.name !== name) return;
      this.show(product);
      this.tell("VIEW");
    } catch (error) {
      if (this.name !== name) return;
      this.dialog.replaceChildren(
        this.closeButton(),
        failure(error, () => this.open(name, source)),
      );
    }
  }

  /** Closes the dialog without a word to `onClose`'s caller. */
  close() {
    this.name = "";
    if (this.dialog.open) this.dialog.close();
  }

  closeButton() {
    const close = () => this.dialog.close();
    const button = h(
      "button",
      { class: "close", type: "button", "aria-label": "Close", onclick: close },
      icon("close"),
    );
    return h("div", { class: "close-line" }, button);
  }

  show(product) {
    const row = new Row({ scenario: "product", id: "similar-title", context: product.name, words: similarWords });
    const reviews = h("section", { class: "reviews", "aria-labelledby": "reviews-title", hidden: true });
    this.dialog.replaceChildren(
      this.closeButton(),
      h("div", { class: "product" }, this.pictures(product), this.text(product)),
      row.element,
      reviews,
    );
    this.dialog.setAttribute("data-product", product.name);
    document.title = `${product.title} · Aisle`;
    row.load();
    this.loadReviews(product, reviews);
  }

  pictures(product) {
    const frame = h("div", { class: "product-frame" }, picture(product, true, 640));
    const show = (one) => frame.replaceChildren(picture({ ...product, pictures: [one] }, true, 640));
    const thumbs = (product.pictures ?? []).map((one, i) =>
      h(
        "button",
        { class: "thumb", type: "button", "aria-label": `Picture ${i + 1}`, onclick: () => show(one) },
        h("img", { src: pictureAt(one, 80), alt: "", width: 64, height: 64 }),
      ),
    );
    return h("div", {}, frame, thumbs.length > 1 && h("div", { class: "thumbs" }, thumbs));
  }

  text(product) {
    const facts = Object.entries(product.attributes ?? {}).flatMap(([name, value]) => [
      h("dt", {}, name),
      h("dd", {}, value),
    ]);
    return h(
      "div",
      { class: "product-text" },
      h("p", { class: "path" }, (product.categoryPath ?? []).join(" › ")),
      h("h2", { id: "product-title" }, product.title),
      product.brand && h("p", { class: "card-brand" }, product.brand),
      stars(product),
      price(product),
      h("p", { class: product.inStock ? "stock" : "stock stock-none" }, stock(product)),
      this.actions(product),
      product.description && h("p", { class: "description" }, product.description),
      facts.length > 0 && h("dl", { class: "facts" }, facts),
    );
  }

  actions(product) {
    const button = (kind, className, ...content) =>
      h(
        "button",
        {
          class: className,
          type: "button",
          "data-kind": kind,
          onclick: (event) => this.act(kind, event.currentTarget),
        },
        content,
      );
    const opinion = (kind, name, label) => {
      const made = button(kind, "button button-quiet", icon(name), label);
      made.setAttribute("aria-pressed", String(this.said.get(product.name) === kind));
      return made;
    };
    const cart = button("ADD_TO_CART", "button button-main", icon("cart"), "Add to cart");
    const buy = button("PURCHASE", "button", "Buy now");
    cart.disabled = buy.disabled = !product.inStock;
    return h(
      "div",
      { class: "actions" },
      cart,
      buy,
      opinion("LIKE", "heart", "Like"),
      opinion("DISLIKE", "less", "Not for me"),
    );
  }

  async act(kind, button) {
    button.setAttribute("aria-busy", "true");
    if (await this.tell(kind)) {
      toast(DONE[kind]);
      if (kind === "LIKE" || kind === "DISLIKE") this.said.set(this.name, kind);
      for (const other of button.parentElement.querySelectorAll("[aria-pressed]"))
        other.setAttribute("aria-pressed", String(this.said.get(this.name) === other.dataset.kind));
    }
    button.removeAttribute("aria-busy");
  }

  /** Records what was done with the product that is open; says so when that fails. */
  async tell(kind) {
    try {
      await record(kind, this.name, this.source);
      this.onEvent(kind);
      return true;
    } catch (error) {
      toast(`The shop could not note that: ${error.message}`, "bad");
      return false;
    }
  }

  async loadReviews(product, section) {
    const reply = await catalog.reviews(product.name).catch(() => null);
    if (!reply?.reviews.length) return;
    section.hidden = false;
    section.append(
      h(
        "h3",
        { id: "reviews-title" },
        `${count(reply.totalSize)} ${Number(reply.totalSize) === 1 ? "review" : "reviews"}`,
      ),
      ...reply.reviews.map(review),
    );
  }
}

/** What stands above the row: what it is follows from what found it. */
function similarWords(reply) {
  const similar = !reply || reply.results.some(({ explanation }) => explanation?.retriever === "similar");
  return { title: similar ? "More like this" : "Popular right now", note: reply ? usualReason(reply) : "One moment…" };
}

function stock({ inStock, stockQuantity }) {
  if (!inStock) return "Sold out";
  return Number(stockQuantity) <= 5 ? `Only ${count(stockQuantity)} left` : "In stock";
}

function review({ rating, title, text, authorDisplayName, createTime }) {
  const marks =
    rating > 0 &&
    h(
      "span",
      { class: "marks", role: "img", "aria-label": `${rating} of 5 stars` },
      "★".repeat(rating),
      h("i", {}, "★".repeat(5 - rating)),
    );
  return h(
    "article",
    { class: "review" },
    h("p", { class: "review-head" }, marks, title && h("b", {}, title)),
    text && h("p", {}, text),
    h(
      "p",
      { class: "small" },
      [authorDisplayName || "A shopper", createTime && date(createTime)].filter(Boolean).join(", "),
    ),
  );
}
