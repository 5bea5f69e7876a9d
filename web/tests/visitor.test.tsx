import { beforeEach, expect, test, vi } from "vitest";

import { find, leave, open, shop } from "./support/shop";

const BAG = { name: "products/bag", title: "Bag" };
const NOTHING = { results: [], categories: [], reviews: [], items: [], orders: [], degraded: [], nextPageToken: "" };
const href = (link: Element) => link.getAttribute("href");
/** A shop that knows one product, and nobody who asks. */
const visit = (address: string): void => {
  shop(({ path }) => (path === `/v1/${BAG.name}` ? BAG : NOTHING), "visitors/v");
  open(address);
};

vi.setConfig({ testTimeout: 60_000 });
beforeEach(leave);

test("who has no orders is led to products, and to the account that they may have", async () => {
  visit("/orders");
  expect(href(await find(".notice a", "Look around"))).toBe("/");
  expect(decodeURIComponent(href(await find(".notice a", "Log in")) ?? "")).toBe("/log-in?back=/orders");
});

test.each([
  ["/products/bag", "/log-in?back=/products/bag"],
  ["/", "/log-in"],
  ["/sign-up?back=/account", "/log-in"],
])("the log-in that is asked for on %s is %s", async (address, expected) => {
  visit(address);
  expect(decodeURIComponent(href(await find("header a", "Log in")) ?? "")).toBe(expected);
});
