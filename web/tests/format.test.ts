import { expect, test, vi } from "vitest";

import { discount, money, parseMoney, products } from "@/lib/format";
import { idOf, uuid } from "@/lib/ids";

const euros = (units: string, nanos = 0) => ({ currencyCode: "EUR", units, nanos });

test("money is shown with its currency, and not at all without a price", () => {
  expect(money(euros("12", 900_000_000))).toContain("12.90");
  expect(money(undefined)).toBe("");
  expect(money({ currencyCode: "no such", units: "3" })).toBe("3 no such");
});

test("a discount is whole percent, and none when nothing is cheaper", () => {
  expect(discount(euros("75"), euros("100"))).toBe(25);
  expect(discount(euros("100"), euros("100"))).toBe(0);
  expect(discount(euros("100"), undefined)).toBe(0);
});

test.each([
  ["12.90", "12", 900_000_000],
  ["12,9", "12", 900_000_000],
  ["7", "7", 0],
  ["0.05", "0", 50_000_000],
])("%s is read as money without a float", (text, units, nanos) => {
  expect(parseMoney(text, "EUR")).toEqual({ currencyCode: "EUR", units, nanos });
});

test.each(["", "-1", "1e3", "1.2345", "12 EUR"])("%o is no money", (text) => {
  expect(parseMoney(text, "EUR")).toBeNull();
});

test("ids are UUIDs, also where the browser makes none", () => {
  const known = globalThis.crypto;
  vi.stubGlobal("crypto", { getRandomValues: known.getRandomValues.bind(known) });
  expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  vi.unstubAllGlobals();
  expect(idOf("products/p1/pictures/x")).toBe("x");
});

test("one product is no number of products", () => {
  expect([0, 1, "1", 1200].map(products)).toEqual(["0 products", "1 product", "1 product", "1,200 products"]);
});
