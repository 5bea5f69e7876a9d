import { afterEach, expect, test, vi } from "vitest";

import { checkOut } from "@/features/orders/api/orders";
import { forgetOthers, keep, kept } from "@/lib/kept";
import { token } from "@/lib/session";
import { shop } from "./support/shop";

const ADDRESS = { recipient: "Ann", addressLines: ["Long Lane 1"], postalCode: "1", city: "Bath", regionCode: "GB" };
const PURCHASE = { etag: "e1", paymentToken: "test-approved", shippingAddress: ADDRESS };

afterEach(() => {
  sessionStorage.clear();
  localStorage.clear();
});

test("a purchase whose answer is lost is asked again with its request id, and one that was answered is not", async () => {
  const answers = [() => Promise.reject(new TypeError("lost")), () => ({ name: "o1" }), () => ({ name: "o2" })];
  const calls = shop(() => answers.shift()?.());
  await expect(checkOut(PURCHASE)).rejects.toMatchObject({ passing: true });
  await checkOut(PURCHASE);
  await checkOut(PURCHASE);
  const [first, again, other] = calls.map((call) => call.body.requestId);
  expect(again).toBe(first);
  expect(other).not.toBe(first);
  expect(calls[0]?.path).toBe("/v1/users/me/orders:checkout");
});

test("a checkout is waited for longer than the gateway waits", async () => {
  const waits = vi.spyOn(AbortSignal, "timeout");
  shop(() => ({ name: "o1" }));
  await token();
  await checkOut(PURCHASE);
  expect(waits.mock.lastCall?.[0]).toBeGreaterThan(15_000);
});

test("where a person's orders go to is told nobody else, and is gone once somebody else is here", () => {
  keep("users/ann", "address", ADDRESS);
  expect(kept("users/ann", "address")).toEqual(ADDRESS);
  expect(kept("visitors/v", "address")).toBeUndefined();
  forgetOthers("users/ann");
  expect(kept("users/ann", "address")).toEqual(ADDRESS);
  forgetOthers("visitors/v");
  expect(localStorage).toHaveLength(0);
});

test("what another version of the page kept is no value, and goes", () => {
  localStorage.setItem("aisle.address", JSON.stringify(ADDRESS));
  sessionStorage.setItem("aisle.checkout", "no JSON");
  expect([kept("users/ann", "address"), kept("users/ann", "checkout")]).toEqual([undefined, undefined]);
  forgetOthers("users/ann");
  expect([localStorage.length, sessionStorage.length]).toEqual([0, 0]);
});
