// Wires the page: the row of recommendations, the catalogue, the product dialog, the account.

import { Account } from "./account.js";
import { Catalogue } from "./catalogue.js";
import { ProductSheet } from "./product.js";
import { Row, usualReason } from "./recommendations.js";
import * as session from "./session.js";

const PRODUCT = /^#\/(products\/[A-Za-z0-9._~-]+)$/;
const at = (id) => document.getElementById(id);

const picks = new Row({ scenario: "home", id: "picks-title", words: homeWords, onReply: showRelease });
const catalogue = new Catalogue();
const sheet = new ProductSheet(at("product"), { onEvent: () => picks.follow(), onClose: leaveProduct });
const account = new Account({
  nav: at("account"),
  signIn: at("sign-in"),
  tastes: at("tastes"),
  choices: async () => catalogue.tastes(),
  onTastes: () => picks.follow(),
});

/** What stands above the home row. */
function homeWords(reply) {
  if (!reply) return { title: "Recommended", note: "One moment…" };
  const reason = usualReason(reply);
  if (reply.personalized) return { title: "Picked for you", note: reason };
  return { title: "Popular right now", note: "Open something you like, and this row follows you." };
}

function showRelease(reply) {
  at("release").textContent = reply.release ? `Model ${reply.release.split("/")[1]}` : "";
}

let clicked = {};
document.addEventListener("click", (event) => {
  const link = event.target.closest(".card-link");
  if (link) clicked = link.closest(".card").source;
});

/** Opens the product that the address names, and closes the dialog when it names none. */
function follow() {
  const name = PRODUCT.exec(location.hash)?.[1];
  if (!name) return sheet.close();
  const source = clicked.product === name ? clicked : {};
  clicked = {};
  sheet.open(name, source);
}

function leaveProduct() {
  document.title = "Aisle";
  if (PRODUCT.test(location.hash)) history.pushState(null, "", location.pathname);
}

session.onChange(() => {
  account.show();
  picks.load();
});
addEventListener("hashchange", follow);

at("picks").append(picks.element);
at("catalogue").append(catalogue.element);
account.show();
catalogue.start();
picks.load();
follow();
