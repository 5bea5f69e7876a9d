import { beforeEach, expect, test, vi } from "vitest";

import { eventually, find, leave, open, shop } from "./support/shop";

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

test.each([
  ["/sign-up?back=/products/bag", "/welcome?back=/products/bag"],
  ["/sign-up", "/welcome"],
  ["/sign-up?back=/checkout", "/checkout"],
])("who signs up on %s goes on to %s: who is paying is asked nothing", async (address, expected) => {
  const session = { subject: "users/ann", roles: [], accessToken: "t", accessExpireTime: "2999-01-01T00:00:00Z" };
  shop(({ path }) => (path.endsWith(":signUp") ? session : NOTHING), "visitors/v");
  const where = open(address);
  const form = (await find("form button", "Sign up")).closest("form");
  form?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })); // unlike a press, also while it is empty
  await eventually(() => expect(where()).toBe(expected));
});
