import { beforeEach, describe, expect, test, vi } from "vitest";

import { choose, chosen } from "@/lib/choices";
import { flush } from "@/lib/events";
import { type Asked, eventually, find, leave, open, shop, told } from "./support/shop";

vi.mock("@/features/search/picture", () => ({
  keepPicture: vi.fn(),
  pictureOf: (key?: string) => key && { url: "blob:picture", content: "AAAA" },
}));

const CATEGORIES = [
  { name: "categories/clothes", displayName: "Clothes" },
  { name: "categories/shirts", displayName: "Shirts", parentCategory: "categories/clothes" },
  { name: "categories/skirts", displayName: "Skirts", parentCategory: "categories/clothes" },
  { name: "categories/home", displayName: "Home" },
];
const FACETS = [
  facet("category", { clothes: 9, shirts: 5, skirts: 4, home: 1 }),
  facet("brand", { Nord: 6, Wren: 4 }),
  facet("attributes.colour", { red: 7, blue: 3 }),
  facet("price", { "..20": 2, "20..50": 5, "50..": 3 }),
  facet("rating", { "4..": 6, "3..4": 2 }),
  facet("in_stock", { true: 8, false: 2 }),
];
const BAG = { name: "products/bag", title: "Wren Daypack" };

function facet(field: string, counts: Record<string, number>) {
  const values = Object.entries(counts).map(([value, count]) => ({ value, count: String(count), displayName: value }));
  return { field, values };
}

const reply = (part: Record<string, unknown> = {}) => ({
  results: [{ product: BAG.name, details: BAG }],
  facets: FACETS,
  totalSize: "10",
  attributionToken: "search-token",
  degraded: [],
  nextPageToken: "",
  fallback: false,
  personalized: false,
  correctedQuery: "",
  ...part,
});

/** A shop in which each search is answered by `found`. */
function searched(found: (asked: Asked) => Record<string, unknown> = () => ({})): Asked[] {
  return shop((asked) => {
    if (asked.path === "/v1/products:search") return reply(found(asked));
    if (asked.path === "/v1/categories") return { categories: CATEGORIES };
    if (asked.path === `/v1/${BAG.name}`) return BAG;
    return { results: [], suggestions: [], items: [], degraded: [] };
  });
}

const bodies = (calls: Asked[]) => calls.filter((call) => call.path === "/v1/products:search").map(({ body }) => body);
const searches = () => told.filter((event) => event.kind === "KIND_SEARCH");
const tick = async (words: string) => (await find(".facets label", words)).querySelector("input")?.click();
const ticked = () =>
  [...document.querySelectorAll(".facets label:has(input:checked)")].map((label) => label.textContent);

vi.setConfig({ testTimeout: 30_000 });
beforeEach(leave);

describe("facets", () => {
  test("say how many products each value keeps", async () => {
    searched();
    open("/search?q=facets");
    for (const words of ["Below 20", "20 to 50", "50 and more"]) await find(".facets label", words);
    expect((await find(".facets label", "Red")).textContent).toBe("Red7");
    expect((await find(".facets label", "4 stars and more")).textContent).toBe("4 stars and more6");
    expect((await find(".facets label", "In stock")).textContent).toBe("In stock8");
  });

  test("of one field any number can be ticked, each by one question", async () => {
    const calls = searched();
    const address = open("/search?q=bag");
    await tick("Red");
    await eventually(() => expect(bodies(calls)).toHaveLength(2));
    await tick("Blue");
    await eventually(() => expect(bodies(calls)).toHaveLength(3));
    await tick("Below 20");
    await tick("50 and more");
    await eventually(() =>
      expect(bodies(calls).at(-1)?.filter).toBe(
        '(attributes.colour = "red" OR attributes.colour = "blue") AND ((price < 20) OR (price >= 50))',
      ),
    );
    expect(bodies(calls).length).toBeLessThanOrEqual(5);
    expect(ticked()).toEqual(["Below 202", "50 and more3", "Red7", "Blue3"]);
    expect(address()).toBe('/search?q=bag&colour=["red","blue"]&price=["..20","50.."]');
    await tick("Red");
    await eventually(() => expect(address()).toBe('/search?q=bag&colour=["blue"]&price=["..20","50.."]'));
  });

  test("what was ticked and is not found any more can be taken back", async () => {
    searched(() => ({ facets: [] }));
    open('/search?brand=["Gone"]&price=["20..50"]&stock=true');
    await find(".facets label", "Gone");
    expect(ticked()).toEqual(["20 to 50", "Gone", "In stock"]);
  });

  test("a tick that the search cannot take is said, and not dropped in silence", async () => {
    const brands = Array.from({ length: 63 }, (_, number) => `A brand number ${number}`);
    const calls = searched();
    open(`/search?brand=${JSON.stringify(brands)}`);
    await eventually(() => expect(bodies(calls)).toHaveLength(1));
    expect(String(bodies(calls)[0]?.filter)).toContain("A brand number 62");
    (await find(".facets .facet-link", "All 65")).click();
    await tick("Nord");
    await find(".toast", "more than one search takes");
    expect(ticked()).not.toContain("Nord6");
    expect(bodies(calls)).toHaveLength(1);
    await tick("A brand number 62");
    await eventually(() => expect(bodies(calls)).toHaveLength(2));
  });

  test("departments open where one chooses, and stand beside their siblings", async () => {
    const calls = searched();
    const address = open("/search");
    await find(".facets label", "home");
    expect(document.querySelector(".facets")?.textContent).not.toContain("shirts");
    await tick("clothes");
    await tick("shirts");
    await eventually(() => expect(bodies(calls).at(-1)?.filter).toBe('category = "shirts"'));
    await tick("skirts");
    await eventually(() => expect(bodies(calls).at(-1)?.filter).toBe('(category = "shirts" OR category = "skirts")'));
    expect((await find("h1", "Shirts")).textContent).toBe("Shirts, Skirts");
    await tick("clothes");
    await eventually(() => expect(address()).toBe('/search?category=["clothes"]'));
  });
});

test("who is shown another spelling can have what was typed", async () => {
  const calls = searched(({ body }) => ({ correctedQuery: body.verbatim ? "" : "jacket" }));
  const address = open("/search?q=jaket");
  (await find(".hint a", "Search instead for “jaket”")).click();
  await eventually(() => expect(bodies(calls).at(-1)?.verbatim).toBe(true));
  expect(bodies(calls)[0]?.verbatim).toBeUndefined();
  expect(address()).toBe("/search?q=jaket&verbatim=true");
  (await find(".hint a", "what is meant")).click();
  await eventually(() => expect(address()).toBe("/search?q=jaket"));
});

describe("the order for somebody", () => {
  const control = () => document.querySelector<HTMLInputElement>("[role=switch]");

  test("can be switched off and on, and stays so in this browser", async () => {
    const calls = searched(({ body }) => ({ personalized: !body.disablePersonalization }));
    open("/search?q=order");
    (await eventually(() => control() ?? expect.fail("no switch yet"))).click();
    await eventually(() => expect(bodies(calls).at(-1)?.disablePersonalization).toBe(true));
    expect(control()?.checked).toBe(false);
    expect(localStorage.getItem("aisle.choices")).toContain('"impersonal":true');
    control()?.click();
    await eventually(() => expect(control()?.checked).toBe(true));
    expect(chosen().impersonal).toBe(false);
  });

  test("is not spoken of where nobody's history had a part in it", async () => {
    searched();
    open("/search?q=nobody");
    await find(".found-count", "10 products");
    expect(control()).toBeNull();
  });
});

test("a country and an age are sent with searches and completions as soon as they are chosen, and not before", async () => {
  const calls = searched();
  open("/search?q=whom");
  await eventually(() => expect(bodies(calls)).toHaveLength(1));
  expect(bodies(calls)[0]).not.toHaveProperty("region");
  expect(bodies(calls)[0]).not.toHaveProperty("age");
  choose({ region: "FR", age: 18 });
  await eventually(() => expect(bodies(calls)).toHaveLength(2));
  expect(bodies(calls)[1]).toMatchObject({ query: "whom", region: "FR", age: 18 });
  (await find("input.search-input")).focus();
  const completed = () => calls.filter(({ path }) => path === "/v1/products:suggest").map(({ query }) => query);
  await eventually(() => expect(completed()).toHaveLength(1));
  expect(Object.fromEntries(completed()[0] ?? [])).toMatchObject({ query: "whom", region: "FR", age: "18" });
});

test("beside words a picture counts as much as is said", async () => {
  const calls = searched();
  open("/search?picture=key&q=blue");
  const select = (await find("label", "What counts more")).parentElement?.querySelector("select");
  expect(bodies(calls)[0]?.imageWeight).toBeUndefined();
  if (!select) throw new Error("no choice");
  select.value = "words";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  await eventually(() => expect(bodies(calls).at(-1)?.imageWeight).toBe(0.2));
});

test("what is like a product says which", async () => {
  const calls = searched();
  open("/search?like=bag");
  await find("h1", "More like Wren Daypack");
  expect((await find(".hint a", "Wren Daypack")).getAttribute("href")).toBe("/products/bag");
  expect(bodies(calls)[0]?.similarProduct).toBe("products/bag");
});

test("what is only near comes behind what was found, under words of its own", async () => {
  const near = { name: "products/near", title: "Wren Tote" };
  const results = [BAG, near].map((product) => ({ product: product.name, details: product }));
  searched(({ body }) => ({ results, totalSize: body.filter ? "2" : "1" }));
  open("/search?q=bag");
  const words = await find(".grid-heading", "Close to what was found");
  expect(words.previousElementSibling?.textContent).toContain(BAG.title);
  await eventually(() => expect(words.nextElementSibling?.textContent).toContain(near.title));
  await tick("Red");
  await eventually(() => expect(document.querySelector(".grid-heading")).toBeNull());
});

describe("a search is told", () => {
  const parts = () => searches().map(({ query, product, attributionToken }) => ({ query, product, attributionToken }));

  test("with the token of its reply, and once for all filters and orders", async () => {
    const calls = searched(({ body }) => ({ attributionToken: `of ${String(body.filter)}` }));
    open("/search?q=told");
    await tick("Red");
    await eventually(() => expect(bodies(calls)).toHaveLength(2));
    await flush();
    expect(parts()).toEqual([{ query: "told", attributionToken: "of " }]);
  });

  test.each([
    ["/search?like=bag", { product: "products/bag" }],
    ["/search?picture=told", {}],
  ])("by a product or a picture, too: %s", async (address, what) => {
    searched();
    open(address);
    await find(".found-count", "10 products");
    await eventually(() =>
      flush().then(() => expect(parts()).toEqual([{ ...what, attributionToken: "search-token" }])),
    );
  });

  test("when something was searched for, and not when a department was opened", async () => {
    searched();
    open("/search?category=home");
    await find(".found-count", "10 products");
    await flush();
    expect(parts()).toEqual([]);
  });
});
