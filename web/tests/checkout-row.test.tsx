import { beforeEach, expect, test, vi } from "vitest";

import { flush } from "@/lib/events";
import { everythingIsNear } from "./support/near";
import { eventually, find, leave, open, shop, told, type Asked } from "./support/shop";

const price = (units: string) => ({ currencyCode: "EUR", units });
const product = (id: string) => ({ name: `products/${id}`, title: id, inStock: true, price: price("5") });
const [BAG, BELT] = [product("bag"), product("belt")];
const cartOf = (...products: (typeof BAG)[]) => ({
  etag: `e${products.length}`,
  purchasable: true,
  total: price(String(5 * products.length)),
  items: products.map((details) => ({ product: details.name, quantity: 1, details })),
});
const ROW = {
  title: "One last thing",
  attributionToken: "row",
  degraded: [],
  nextPageToken: "",
  results: [{ product: BELT.name, details: BELT }],
};

everythingIsNear();

vi.setConfig({ testTimeout: 60_000 });
beforeEach(leave);

const isRow = ({ path }: Asked) => path.endsWith("/checkout:recommend");

/** Opens the checkout of a cart with a bag. */
function checkout(row: () => unknown, added: () => unknown = () => cartOf(BAG, BELT)) {
  let cart: unknown = cartOf(BAG);
  const calls = shop((asked) => {
    if (isRow(asked)) return row();
    if (asked.path.endsWith("cart:addItem")) cart = added();
    return cart;
  });
  return { calls, where: open("/checkout") };
}

test("a product is added to the order where it stands, with the reply that it stood in", async () => {
  const { calls, where } = checkout(() => ROW);
  const button = await find("[data-shelf=checkout] button.button", "belt");
  expect(document.querySelector("main form [type=submit]")?.textContent).toContain("5");
  button.click();
  await eventually(() => expect(document.querySelector(".summary .total")?.textContent).toContain("10"));
  expect(document.querySelector("main form [type=submit]")?.textContent).toContain("10");
  expect(button.textContent).toContain("In your cart");
  button.click(); // and no second one
  await find(".toasts", "belt is in your cart");
  const put = calls.filter(({ path }) => path.endsWith("cart:addItem"));
  expect(put.map(({ body }) => body)).toMatchObject([{ product: BELT.name, quantity: 1, attributionToken: "row" }]);
  await flush();
  expect(told.filter(({ kind }) => kind === "KIND_ADD_TO_CART")).toMatchObject([
    { product: BELT.name, attributionToken: "row", position: 1 },
  ]);
  expect(where()).toBe("/checkout");
});

test("the row asks for as many as the scenario says, beside what the cart held, and does not change with it", async () => {
  const { calls } = checkout(() => ROW);
  (await find("[data-shelf=checkout] button.button", "belt")).click();
  await find(".summary .line", "belt");
  await new Promise((resolve) => setTimeout(resolve, 300)); // it is read again after what the shopper did
  const asked = calls.filter(isRow).map(({ body }) => body);
  expect(asked.length).toBeGreaterThan(1);
  for (const body of asked) expect(body).toMatchObject({ pageSize: 0, contextProducts: [BAG.name] });
});

test.each([
  ["finds nothing", () => ({ ...ROW, results: [] })],
  ["fails", () => Response.json({ code: 13, message: "No." }, { status: 400 })],
])("where the row %s there is none", async (_, row) => {
  const { calls } = checkout(row);
  await eventually(() => expect(calls.filter(isRow)).not.toHaveLength(0));
  await eventually(() => expect(document.querySelector(".rows > div")?.childElementCount).toBe(0));
  expect(document.querySelector("[data-shelf=checkout]")).toBe(null);
});

test("a product that could not be added can be added again, and the order is as it was", async () => {
  checkout(
    () => ROW,
    () => {
      throw new TypeError("no network");
    },
  );
  const button = await find("[data-shelf=checkout] button.button", "belt");
  button.click();
  await eventually(() => expect(button.textContent).toContain("In your cart"));
  await eventually(() => expect(button.textContent).toContain("Add to cart"));
  expect(document.querySelectorAll(".summary .line")).toHaveLength(1);
});
