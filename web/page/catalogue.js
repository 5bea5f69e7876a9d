// All products: a grid with categories, an order and pages.

import { catalog } from "./api.js";
import { card, skeletons } from "./cards.js";
import { failure, h } from "./dom.js";
import { count } from "./format.js";

const PAGE = 24;
const FEW = 8;
const MOST_TASTES = 32;
const ORDERS = [
  ["create_time desc", "Newest first"],
  ["price", "Price, lowest first"],
  ["price desc", "Price, highest first"],
  ["rating desc", "Best rated"],
];

/** The id in `categories/{category}`. */
const idOf = (category) => category.name.split("/")[1];

/** The grid and what steers it. */
export class Catalogue {
  constructor() {
    this.categories = [];
    this.chosen = null;
    this.orderBy = ORDERS[0][0];
    this.latest = 0;
    this.total = h("p", { class: "row-note", "aria-live": "polite" });
    this.chips = h("div", { class: "chips", role: "group", "aria-label": "Category" });
    this.subchips = h("div", {
      class: "chips chips-sub",
      role: "group",
      "aria-label": "Within the category",
      hidden: true,
    });
    this.grid = h("div", { class: "grid", role: "list", "aria-labelledby": "catalogue-title" });
    this.more = h(
      "button",
      { class: "button button-more", type: "button", hidden: true, onclick: () => this.nextPage() },
      "Show more",
    );
    const head = h(
      "div",
      { class: "row-head" },
      h("div", {}, h("h2", { id: "catalogue-title" }, "All products"), this.total),
      this.sorter(),
    );
    this.element = h("div", {}, head, this.chips, this.subchips, this.grid, this.more);
  }

  sorter() {
    const options = ORDERS.map(([value, label]) => h("option", { value }, label));
    const choose = (event) => {
      this.orderBy = event.target.value;
      this.load();
    };
    return h("label", { class: "sorter" }, h("span", {}, "Sort"), h("select", { onchange: choose }, options));
  }

  /** Reads categories and products; neither waits for the other. */
  async start() {
    await Promise.all([this.loadCategories(), this.load()]);
  }

  async loadCategories() {
    try {
      const { categories } = await catalog.categories();
      this.categories = categories.filter((category) => Number(category.productCount) > 0);
      this.showChips();
    } catch {
      // The grid says what is wrong; without categories it still shows everything.
      this.chips.hidden = true;
    }
  }

  /** What a newcomer is asked about: the largest categories of the first level, of the second where those are few. */
  tastes() {
    const roots = this.below("");
    const deeper = roots.flatMap((root) => this.below(root.name));
    const asked = roots.length < FEW && deeper.length ? deeper : roots;
    return asked.sort((a, b) => Number(b.productCount) - Number(a.productCount)).slice(0, MOST_TASTES);
  }

  below(parent) {
    const found = this.categories.filter((category) => category.parentCategory === parent);
    return found.sort((a, b) => Number(b.productCount) - Number(a.productCount));
  }

  showChips() {
    const root = this.chosen && this.rootOf(this.chosen);
    this.chips.replaceChildren(
      this.chip(null, "Everything", !root),
      ...this.below("").map((c) => this.chip(c, c.displayName, c === root)),
    );
    const children = root ? this.below(root.name) : [];
    this.subchips.hidden = !children.length;
    if (!children.length) return;
    const all = this.chip(root, "All of it", this.chosen === root);
    this.subchips.replaceChildren(all, ...children.map((c) => this.chip(c, c.displayName, this.chosen === c)));
  }

  rootOf(category) {
    const parent = this.categories.find((other) => other.name === category.parentCategory);
    return parent ? this.rootOf(parent) : category;
  }

  chip(category, label, pressed) {
    const choose = () => {
      this.chosen = category;
      this.showChips();
      this.load();
    };
    const number = category && h("span", { class: "chip-count" }, count(category.productCount));
    return h(
      "button",
      { class: "chip", type: "button", "aria-pressed": String(pressed), onclick: choose },
      label,
      number,
    );
  }

  /** Reads the first page of what is chosen. */
  async load() {
    this.grid.replaceChildren(...skeletons(12));
    this.more.hidden = true;
    this.pageToken = "";
    await this.nextPage(true);
  }

  async nextPage(first = false) {
    const number = ++this.latest;
    this.more.disabled = true;
    this.grid.setAttribute("aria-busy", "true");
    const filter = this.chosen ? `category = "${idOf(this.chosen)}"` : "";
    try {
      const query = { pageSize: PAGE, pageToken: this.pageToken, filter, orderBy: this.orderBy };
      const reply = await catalog.products(query);
      if (number === this.latest) this.show(reply, first === true);
    } catch (error) {
      if (number !== this.latest) return;
      if (first === true) this.grid.replaceChildren(failure(error, () => this.load()));
      else this.more.before(failure(error, (event) => this.again(event)));
    } finally {
      if (number === this.latest) this.grid.setAttribute("aria-busy", "false");
    }
  }

  again(event) {
    event.target.closest(".notice").remove();
    this.nextPage();
  }

  show(reply, first) {
    const before = first ? 0 : this.grid.childElementCount;
    const cards = reply.products.map((product, i) => {
      const element = card(product, { position: before + i + 1 });
      element.setAttribute("role", "listitem");
      return element;
    });
    if (first) this.grid.replaceChildren(...cards);
    else this.grid.append(...cards);
    if (first && !cards.length) this.grid.replaceChildren(h("p", { class: "notice" }, "No products here yet."));
    this.total.textContent = `${count(reply.totalSize)} ${Number(reply.totalSize) === 1 ? "product" : "products"}`;
    this.pageToken = reply.nextPageToken;
    this.more.hidden = !reply.nextPageToken;
    this.more.disabled = false;
    // Who asked for more by keyboard goes on at the first new card.
    if (!first) cards[0]?.querySelector("a").focus({ preventScroll: true });
  }
}
