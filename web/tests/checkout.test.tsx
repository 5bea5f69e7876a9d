import { useQuery } from "@tanstack/react-query";
import { beforeEach, expect, test, vi } from "vitest";

import { cartQuery, useSetQuantity, type Cart } from "@/features/cart/api/cart";
import { CheckoutForm } from "@/features/orders/components/checkout-form";
import { forgetOthers } from "@/lib/kept";
import { queryClient } from "@/lib/query";
import { token } from "@/lib/session";
import { eventually, leave, render, run, shop, type Asked } from "./support/shop";

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
beforeEach(async () => {
  await leave();
  localStorage.clear();
  sessionStorage.clear();
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

/** Types where it goes to, as a person does. */
async function type(label: string, value: string) {
  await button();
  const field = [...document.querySelectorAll("label")].find((one) => one.textContent === label)?.control;
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set?.call(field, value);
  field?.dispatchEvent(new Event("input", { bubbles: true }));
}

/** What stands in the fields of a form that is opened anew. */
async function anew(): Promise<string[]> {
  await leave();
  queryClient.setQueryData(cartQuery.queryKey, cartOf(1));
  render(<Page />);
  await button();
  return [...document.querySelectorAll<HTMLInputElement>(".field input")].map(({ value }) => value);
}

const TYPED = ["Ann", "Long Lane 1", "", "", ""];

test("an address that was typed is there again for this tab, and nothing of paying is kept with it", async () => {
  shop(() => cartOf(1));
  await token();
  render(<Page />);
  await type("Name", "Ann");
  await type("Street and number", "Long Lane 1");
  document.querySelector<HTMLElement>("[value=test-declined]")?.click();
  expect(await anew()).toEqual(TYPED);
  expect(localStorage.getItem("aisle.address")).toBeNull();
  expect(sessionStorage).toHaveLength(1);
  expect(sessionStorage.getItem("aisle.draft")).not.toContain("test-");
  forgetOthers(""); // as who logs out
  expect(sessionStorage).toHaveLength(0);
});

test("once it was bought the draft is gone, and where the order went to is offered again", async () => {
  shop(({ path }) => (path.endsWith(":checkout") ? { name: "orders/o" } : cartOf(1)));
  await token();
  render(<Page />);
  await type("Name", "Ann");
  await type("Street and number", "Long Lane 1");
  expect(sessionStorage).toHaveLength(1);
  bought.mockClear();
  submit();
  await eventually(() => expect(bought).toHaveBeenCalled());
  expect(sessionStorage).toHaveLength(0);
  expect(await anew()).toEqual(TYPED);
});

test("an answer of before the purchase does not take away what says how it went", async () => {
  let answer: (cart: Cart) => void = () => undefined;
  const before = new Promise<Cart>((resolve) => (answer = resolve));
  const calls = shop(({ path }) => (path.endsWith(":checkout") ? Response.json({}, { status: 503 }) : before));
  render(<Page />);
  const buy = await button();
  void queryClient.refetchQueries({ queryKey: cartQuery.queryKey }); // as a tab that one comes back to
  await eventually(() => expect(calls).toHaveLength(1));
  submit();
  await eventually(() => expect(etags(calls)).toEqual(["e1"]));
  answer({ etag: "e2", items: [] }); // it was bought, and only the reply is lost
  await eventually(() => expect(document.querySelector("[role=alert]")).not.toBeNull());
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(buy.textContent).toContain("e1");
});
