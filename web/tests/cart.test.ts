import { useQuery } from "@tanstack/react-query";
import { beforeEach, expect, test, vi } from "vitest";

import { cartQuery, useAddToCart, useCartChanging, useSetQuantity, type Cart } from "@/features/cart/api/cart";
import { attemptAt } from "@/lib/attempt";
import { queryClient } from "@/lib/query";
import { run, shop, type Asked } from "./support/shop";

const BAG = { name: "products/bag", title: "Bag" };
const cartOf = (quantity: number): Cart => ({
  etag: `e${quantity}`,
  items: quantity ? [{ product: BAG.name, quantity }] : [],
});
const shown = () => queryClient.getQueryData(cartQuery.queryKey);
const units = () => shown()?.items[0]?.quantity;
const noNetwork = () => {
  throw new TypeError("no network");
};

/** Answers every change of the quantity when the test says so, in the order of the calls. */
function slowly(): { calls: Asked[]; answer: () => void } {
  const waiting: (() => void)[] = [];
  const calls = shop(
    ({ body }) => new Promise((resolve) => waiting.push(() => resolve(cartOf(Number(body.quantity ?? 0))))),
  );
  return { calls, answer: () => waiting.shift()?.() };
}

beforeEach(() => {
  queryClient.clear();
  sessionStorage.clear();
  queryClient.setQueryData(cartQuery.queryKey, cartOf(1));
});

test("no press of the stepper is lost while others are under way, and the last answer is the last word", async () => {
  const { calls, answer } = slowly();
  const set = await run(useSetQuantity);
  const changing = await run(useCartChanging);
  const press = () => set().mutate({ product: BAG.name, quantity: (units() ?? 0) + 1 });
  press();
  await vi.waitFor(() => expect(units()).toBe(2));
  press();
  await vi.waitFor(() => expect(units()).toBe(3));
  await vi.waitFor(() => expect(calls).toHaveLength(1));
  answer();
  await vi.waitFor(() => expect(calls).toHaveLength(2)); // the first is answered, the second is sent
  expect(units()).toBe(3);
  press();
  await vi.waitFor(() => expect(units()).toBe(4));
  expect([changing(), shown()?.total]).toEqual([true, undefined]);
  answer();
  await vi.waitFor(() => expect(calls).toHaveLength(3));
  answer();
  await vi.waitFor(() => expect(changing()).toBe(false));
  expect(calls.map((call) => call.body.quantity)).toEqual([2, 3, 4]);
  expect(shown()).toEqual(cartOf(4));
});

test("an addition whose answer is lost is sent again as the same one", async () => {
  const answers = [noNetwork, () => cartOf(2)];
  const calls = shop(() => answers.shift()?.());
  const add = await run(useAddToCart);
  add().mutate({ product: BAG, quantity: 1, requestId: "r1" });
  await vi.waitFor(() => expect(shown()).toEqual(cartOf(2)), 3000);
  expect(calls.map((call) => call.body.requestId)).toEqual(["r1", "r1"]);
});

test("after an addition that failed, the cart is as the shop said last, and is asked for", async () => {
  const calls = shop(({ method }) => (method === "GET" ? cartOf(7) : noNetwork()));
  const cart = await run(() => useQuery(cartQuery));
  const add = await run(useAddToCart);
  add().mutate({ product: BAG, quantity: 1, requestId: "r1" });
  await vi.waitFor(() => expect(units()).toBe(2));
  await vi.waitFor(() => expect(cart().data).toEqual(cartOf(7)), 6000);
  expect(calls.map((call) => call.method)).toEqual(["POST", "POST", "POST", "GET"]);
}, 10_000);

test.each([
  [
    "a change that the shop has",
    async () => (await run(useSetQuantity))().mutate({ product: BAG.name, quantity: 2 }),
    2,
  ],
  ["a cart that was bought", () => queryClient.query({ ...cartQuery, staleTime: 0 }), 0],
])("after %s, the same purchase is another one", async (_, happens, quantity) => {
  shop(() => cartOf(quantity));
  const purchase = { etag: "e1" };
  const first = attemptAt("users/ann", purchase);
  expect(attemptAt("users/ann", purchase)).toBe(first);
  await happens();
  await vi.waitFor(() => expect(shown()).toEqual(cartOf(quantity)));
  expect(attemptAt("users/ann", purchase)).not.toBe(first);
});

const comeBack = () => window.dispatchEvent(new Event("visibilitychange"));

test("who comes back from another tab sees what it left of the cart, and not before this tab's own change is answered", async () => {
  const { calls, answer } = slowly();
  const set = await run(useSetQuantity);
  await run(() => useQuery(cartQuery));
  set().mutate({ product: BAG.name, quantity: 2 });
  await vi.waitFor(() => expect(calls).toHaveLength(1));
  comeBack();
  answer();
  await vi.waitFor(() => expect(shown()).toEqual(cartOf(2)));
  expect(calls).toHaveLength(1);
  comeBack();
  await vi.waitFor(() => expect(calls).toHaveLength(2));
  answer(); // it was bought there
  await vi.waitFor(() => expect(units()).toBeUndefined());
});
