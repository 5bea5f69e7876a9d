import { useQuery } from "@tanstack/react-query";
import { beforeEach, expect, test, vi } from "vitest";

import { cartQuery, useSetQuantity, type Cart } from "@/features/cart/api/cart";
import { CheckoutForm } from "@/features/orders/components/checkout-form";
import { queryClient } from "@/lib/query";
import { eventually, render, run, shop, type Asked } from "./support/shop";

const BAG = "products/bag";
const cartOf = (quantity: number): Cart => ({ etag: `e${quantity}`, items: [{ product: BAG, quantity }] });
const CHANGED = {
  message: "The cart is not as you saw it.",
  details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "CART_CHANGED" }],
};
const bought = vi.fn();

function Page() {
  const { data } = useQuery(cartQuery);
  return data && <CheckoutForm etag={data.etag} purchasable total={data.etag} done={bought} />;
}

/** The button, once the page follows the cart: it is drawn a moment before, in which nobody presses it. */
async function button(): Promise<HTMLButtonElement> {
  return eventually(() => {
    const found = document.querySelector<HTMLButtonElement>("button[type=submit]");
    const followed = queryClient.getQueryCache().find(cartQuery)?.isActive();
    if (!found || !followed) throw new Error("no button yet");
    return found;
  });
}

const submit = () => document.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true }));
const etags = (calls: Asked[]) => calls.filter((call) => call.path.endsWith(":checkout")).map((call) => call.body.etag);

vi.setConfig({ testTimeout: 30_000 });
beforeEach(() => {
  document.body.replaceChildren();
  queryClient.clear();
  queryClient.setQueryData(cartQuery.queryKey, cartOf(1));
});

test("a purchase waits for changes of the cart, and agrees to the cart that was seen", async () => {
  let answer: (cart: Cart) => void = () => undefined;
  const slow = new Promise<Cart>((resolve) => (answer = resolve));
  const calls = shop(({ path }) => (path.endsWith(":checkout") ? { name: "orders/o" } : slow));
  const set = await run(useSetQuantity);
  render(<Page />);
  await button();
  set().mutate({ product: BAG, quantity: 2 });
  await eventually(() => expect(calls).toHaveLength(1));
  submit();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(etags(calls)).toEqual([]);
  answer(cartOf(2));
  await eventually(() => expect(bought).toHaveBeenCalled());
  expect(etags(calls)).toEqual(["e1"]);
});

test("a cart that has changed is shown before it can be bought", async () => {
  let answer: (cart: Cart) => void = () => undefined;
  const slow = new Promise<Cart>((resolve) => (answer = resolve));
  const calls = shop(({ path }) => (path.endsWith(":checkout") ? Response.json(CHANGED, { status: 400 }) : slow));
  render(<Page />);
  const buy = await button();
  submit();
  await eventually(() => expect(calls).toHaveLength(2)); // refused, and the cart is asked for
  await eventually(() => expect(buy.disabled).toBe(true));
  answer(cartOf(3));
  await eventually(() => expect(buy.disabled).toBe(false));
  expect(buy.textContent).toContain("e3");
  expect(document.querySelector("[role=alert]")?.textContent).toContain("not what you saw any more");
});
