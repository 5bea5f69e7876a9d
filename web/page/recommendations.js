// A row of recommendations that is read again after what the shopper did, without a reload.

import { request } from "./api.js";
import { card, skeletons } from "./cards.js";
import { calm, failure, h, icon } from "./dom.js";
import { call, token } from "./session.js";

const SIZE = 18;
// An event reaches the next reply within a second; most are there after the first of these.
const LOOK_AGAIN_MS = [250, 600, 1000];
const DEGRADED = {
  DEGRADATION_FEATURES: "Your history is read from its backup at the moment.",
  DEGRADATION_INFERENCE: "The recommendation model does not answer at the moment, so these are not personal.",
  DEGRADATION_INDEX: "The recommendation index does not answer at the moment, so these are not personal.",
  DEGRADATION_CATALOG: "The catalogue does not answer at the moment: prices and stock are as last seen.",
  DEGRADATION_NO_RELEASE: "The shop has not learned yet, so these are not personal.",
};

/** One row: `scenario` and `context` say what is asked for, `words(reply)` what stands above the answer. */
export class Row {
  constructor({ scenario, id, context = "", words, onReply = () => {} }) {
    Object.assign(this, { scenario, context, words, onReply });
    this.title = h("h2", { id }, words(null).title);
    this.note = h("p", { class: "row-note" }, words(null).note);
    this.alarm = h("p", { class: "degraded", role: "status", hidden: true });
    this.list = h("div", { class: "row", role: "list", "aria-labelledby": id, "aria-busy": true }, skeletons(8));
    this.arrows = [this.arrow("left", -1), this.arrow("right", 1)];
    this.list.addEventListener("scroll", () => this.setArrows(), { passive: true });
    new ResizeObserver(() => this.setArrows()).observe(this.list);
    const head = h(
      "div",
      { class: "row-head" },
      h("div", {}, this.title, this.note),
      h("div", { class: "arrows" }, this.arrows),
    );
    this.element = h("div", { class: "row-box" }, head, this.alarm, this.list);
    this.latest = 0;
  }

  /** Reads the row. The answer of an older call never replaces that of a newer one. */
  async load() {
    const number = ++this.latest;
    try {
      const reply = await this.ask();
      if (number === this.latest) this.show(reply);
      return reply;
    } catch (error) {
      if (number === this.latest && !this.reply) this.list.replaceChildren(failure(error, () => this.load()));
      return null;
    }
  }

  /** Reads the row again until it has changed, for as long as an event needs to arrive. */
  async follow() {
    const before = order(this.reply);
    for (const wait of LOOK_AGAIN_MS) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      if (order(await this.load()) !== before) return;
    }
  }

  async ask() {
    const body = { pageSize: SIZE, explain: true };
    if (this.context) body.contextProduct = this.context;
    const path = `/v1/scenarios/${this.scenario}:recommend`;
    // Without accounts there is no history, and there are still recommendations.
    const known = await token().catch(() => "");
    return known ? call("POST", path, { body }) : request("POST", path, { body });
  }

  show(reply) {
    // The same products again were shown once: their cards and the token that showed them stay.
    const same = this.reply && order(reply) === order(this.reply);
    this.reply = reply;
    const { title, note } = this.words(reply);
    this.title.textContent = title;
    this.note.textContent = note;
    const missing = reply.degraded.map((part) => DEGRADED[part]).filter(Boolean);
    this.alarm.hidden = !missing.length;
    this.alarm.textContent = missing.join(" ");
    this.list.setAttribute("aria-busy", "false");
    if (reply.results.length && !same) this.place(reply);
    else if (!reply.results.length)
      this.list.replaceChildren(h("p", { class: "notice" }, "There is nothing to recommend yet."));
    this.setArrows();
    this.onReply(reply);
  }

  /** Keeps the cards that stay, so that one sees what moves. */
  place(reply) {
    const kept = new Map([...this.list.querySelectorAll(".card[data-product]")].map((c) => [c.dataset.product, c]));
    const places = new Map([...kept].map(([name, element]) => [name, element.getBoundingClientRect().left]));
    const usual = usualReason(reply);
    const cards = reply.results.map((result, i) => {
      const source = { attributionToken: reply.attributionToken, position: i + 1 };
      const reason = result.explanation?.reason ?? "";
      const details = result.details ?? { name: result.product, title: result.product };
      const element = card(details, source, { eager: i < 8, note: reason === usual ? "" : reason });
      element.setAttribute("role", "listitem");
      return element;
    });
    this.list.replaceChildren(...cards);
    if (kept.size && !calm()) cards.forEach((element) => move(element, places.get(element.dataset.product)));
    if (kept.size && this.changed(kept, cards)) this.list.scrollTo({ left: 0, behavior: calm() ? "auto" : "smooth" });
  }

  changed(kept, cards) {
    return [...kept.keys()].join() !== cards.map((element) => element.dataset.product).join();
  }

  arrow(name, direction) {
    const label = direction < 0 ? "Earlier" : "More";
    const scroll = () =>
      this.list.scrollBy({ left: direction * this.list.clientWidth * 0.8, behavior: calm() ? "auto" : "smooth" });
    return h("button", { class: "arrow", type: "button", "aria-label": label, onclick: scroll }, icon(name));
  }

  setArrows() {
    const { scrollLeft, clientWidth, scrollWidth } = this.list;
    this.arrows[0].disabled = scrollLeft < 8;
    this.arrows[1].disabled = scrollLeft + clientWidth > scrollWidth - 8;
  }
}

const order = (reply) => reply?.results.map((result) => result.product).join() ?? "";

/** The reason that most of the reply shares, which stands above it once. */
export function usualReason(reply) {
  const numbers = new Map();
  for (const result of reply.results) {
    const reason = result.explanation?.reason;
    if (reason) numbers.set(reason, (numbers.get(reason) ?? 0) + 1);
  }
  return [...numbers].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "";
}

function move(element, from) {
  const timing = { duration: 450, easing: "cubic-bezier(.2, .8, .2, 1)" };
  if (from === undefined) {
    element.animate(
      [
        { opacity: 0, transform: "translateY(14px)" },
        { opacity: 1, transform: "none" },
      ],
      timing,
    );
    return;
  }
  const by = from - element.getBoundingClientRect().left;
  if (by) element.animate([{ transform: `translateX(${by}px)` }, { transform: "none" }], timing);
}
