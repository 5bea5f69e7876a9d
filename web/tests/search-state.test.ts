import { describe, expect, test } from "vitest";

import { choicesOf, filterOf, isTaken, NO_CHOICES, readSearch, type SearchState } from "@/features/search/state";

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
    expect(filterOf({ category: ["bags"], brand: ['A" OR price > 0', "B"], min: 1, max: 2.5, stock: true })).toBe(
      'category = "bags" AND (brand = "A\\" OR price > 0" OR brand = "B") AND price >= 1 AND price <= 2.5 AND in_stock = true',
    );
    expect(filterOf({})).toBe("");
  });

  test("bands are read, and what is none is left out", () => {
    const bands = [
      "..20",
      "20..",
      "1.5..2",
      "1e+06..",
      "..",
      "5..1",
      "a..b",
      "1..2..3",
      "-1..2",
      "1e+999..",
      "1..x OR price > 0",
    ];
    expect(readSearch({ price: bands }).price).toEqual(["..20", "20..", "1.5..2", "1e+06.."]);
    expect(readSearch({ rating: 4 }).rating).toEqual(["4.."]);
    expect(readSearch({ price: "nothing", weight: "both", verbatim: "false" })).toEqual({});
  });

  test("all that is ticked of one field is asked for", () => {
    const brand = Array.from({ length: 60 }, (_, number) => `Brand ${number}`);
    expect(filterOf(readSearch({ brand })).split(" OR ")).toHaveLength(60);
  });

  test("takes no more ticks than the API takes of a filter, and fewer at any time", () => {
    const brand = Array.from({ length: 100 }, (_, number) => `Brand ${number}`);
    const most = brand.findIndex((_, number) => !isTaken({ brand: brand.slice(0, number + 1) }, {}));
    expect(most).toBeGreaterThan(60);
    const full = filterOf({ brand: brand.slice(0, most), min: 12345.67, max: 98765.43, stock: true });
    expect(full.length).toBeLessThanOrEqual(2000);
    expect(isTaken({ brand: brand.slice(1) }, { brand })).toBe(true);
  });

  test("of one field any value will do", () => {
    expect(
      filterOf({ category: ["a", "b"], colour: ["Red", "Blue"], price: ["..20", "1e+06.."], rating: ["3..4", "4.."] }),
    ).toBe(
      '(category = "a" OR category = "b") AND (attributes.colour = "Red" OR attributes.colour = "Blue") AND ' +
        "((price < 20) OR (price >= 1000000)) AND ((rating >= 3 AND rating < 4) OR (rating >= 4))",
    );
    expect(filterOf({ price: ["20..50"] })).toBe("price >= 20 AND price < 50");
  });

  test("choices are counted, a price range as one", () => {
    expect(choicesOf({ brand: ["A", "B"], min: 1, max: 2, stock: true })).toBe(4);
    expect(choicesOf({ colour: ["Red"], price: ["..20", "20..50"], rating: ["4.."] })).toBe(4);
    const state: SearchState = {
      brand: ["A"],
      colour: ["Red"],
      price: ["..20"],
      min: 1,
      max: 2,
      rating: ["4.."],
      stock: true,
    };
    expect(choicesOf({ ...state, ...NO_CHOICES })).toBe(0);
  });
});
