import { beforeEach, expect, test, vi } from "vitest";

import { Facets } from "@/features/search/components/facets";
import { countryName } from "@/lib/regions";
import { everythingIsNear } from "./support/near";
import { eventually, find, leave, open, renderLinked, shop } from "./support/shop";

const BAG = { name: "products/bag", title: "Bag", inStock: true, price: { currencyCode: "EUR", units: "5" } };
const NOTHING = {
  results: [],
  facets: [],
  categories: [],
  reviews: [],
  items: [],
  orders: [],
  degraded: [],
  totalSize: "0",
  nextPageToken: "",
};
const href = (link: Element) => link.getAttribute("href");

everythingIsNear();

vi.setConfig({ testTimeout: 60_000 });
beforeEach(leave);

test("nothing is said to go with an empty cart", async () => {
  const row = { ...NOTHING, title: "Goes well with your cart", results: [{ product: BAG.name, details: BAG }] };
  shop(({ path }) => (path.endsWith(":recommend") ? row : NOTHING));
  open("/cart");
  await find("[data-shelf=cart] .card", "Bag");
  expect(document.querySelector("[data-shelf=cart] h2")?.textContent).toBe("You may like these");
});

test("an order that is not there leads to those that are, and cannot be tried again", async () => {
  shop(() => Response.json({ code: 5, message: "There is no order o." }, { status: 404 }));
  open("/orders/o");
  expect(href(await find("main a", "Your orders"))).toBe("/orders");
  expect(document.querySelector("main")?.textContent).not.toContain("Try again");
});

test("each review form of an order has a field of its own", async () => {
  const lines = ["bag", "belt"].map((id) => ({ product: `products/${id}`, title: id, quantity: 1 }));
  const order = { name: "users/ann/orders/o", state: "STATE_PAID", lines };
  shop(({ path }) => (path.includes("/orders/") ? order : NOTHING));
  open("/orders/o");
  await eventually(() => expect(document.querySelectorAll(".tell button")).toHaveLength(2));
  document.querySelectorAll<HTMLElement>(".tell button").forEach((button) => button.click());
  await eventually(() => expect(document.querySelectorAll("textarea")).toHaveLength(2));
  for (const field of document.querySelectorAll("textarea")) {
    expect([...field.labels].map((label) => label.textContent)).toEqual(["What should others know?"]);
  }
});

test("a checkout that cannot be bought says where to look", async () => {
  const cart = { etag: "e", items: [{ product: BAG.name, quantity: 1, notices: ["NOTICE_OUT_OF_STOCK"] }] };
  shop(({ path }) => (path.endsWith("/cart") ? cart : NOTHING));
  open("/checkout");
  expect((await find("main form [type=submit]")).hasAttribute("disabled")).toBe(true);
  await find("[role=status]", "cannot be bought as it is");
});

test.each([
  [{ price: undefined }, ["No price yet"], "Not for sale"],
  [{ price: undefined, inStock: false }, ["No price yet"], "Not for sale"],
  [{ inStock: false }, ["€5.00", "Sold out"], "Sold out"],
  [{ stockQuantity: "3" }, ["€5.00", "Only 3 left"], "Add to cart"],
])("of a product that has %o one thing is said", async (facts, said, button) => {
  shop(({ path }) => (path === `/v1/${BAG.name}` ? { ...BAG, stockQuantity: "9", ...facts } : NOTHING));
  open("/products/bag");
  expect((await find("main .buy [type=submit]")).textContent.trim()).toBe(button);
  const lines = [...document.querySelectorAll(".product-text > :is(.price, .stock)")];
  expect(lines.map((line) => line.textContent)).toEqual(said);
});

test.each([
  [{}, 0],
  [{ min: 10 }, 2], // so that it can be taken back
])("of products without prices no range is asked for, where %o is chosen", async (state, fields) => {
  renderLinked(<Facets state={state} facets={[]} categories={[]} change={vi.fn()} />);
  await find(".facets", "In stock");
  expect(document.querySelectorAll(".range input")).toHaveLength(fields);
});

test("a country that nobody knows is called by its code", () => {
  expect(countryName("GB")).toBe("United Kingdom");
  expect(countryName("ABC")).toBe("ABC");
});
