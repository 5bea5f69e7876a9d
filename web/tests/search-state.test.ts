import { describe, expect, test } from "vitest";

import { choicesOf, filterOf, readSearch } from "@/features/search/state";

describe("the address of a search", () => {
  test("what it holds is read, and what is no choice is left out", () => {
    expect(readSearch({ q: " bag ", min: "10", max: "x", brand: "A", sort: "price", stock: "true" })).toEqual({
      q: " bag ",
      min: 10,
      brand: ["A"],
      sort: "price",
      stock: true,
    });
    expect(readSearch({ q: "  ", sort: "nonsense", brand: [], min: -1, rating: NaN })).toEqual({});
  });

  test("reading what was read changes nothing", () => {
    const once = readSearch({ q: 7, category: "bags", brand: ["A", "B"], rating: 4, picture: "k" });
    expect(readSearch({ ...once })).toEqual(once);
  });

  test("becomes a filter of the API in which no text can break out of its quotes", () => {
    expect(filterOf({ category: "bags", brand: ['A" OR price > 0', "B"], min: 1, max: 2.5, stock: true })).toBe(
      'category = "bags" AND (brand = "A\\" OR price > 0" OR brand = "B") AND price >= 1 AND price <= 2.5 AND in_stock = true',
    );
    expect(filterOf({})).toBe("");
  });

  test("choices are counted, a price range as one", () => {
    expect(choicesOf({ brand: ["A", "B"], min: 1, max: 2, stock: true })).toBe(4);
  });
});
