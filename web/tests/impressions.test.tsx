import { beforeEach, expect, test, vi } from "vitest";

import { Cards } from "@/features/recommendations/components/row";
import { rowQuery } from "@/features/recommendations/api/recommend";
import { EndlessRecommendations } from "@/features/recommendations/components/endless";
import type { Found } from "@/features/search/api/search";
import { Results } from "@/features/search/components/results";
import { flush } from "@/lib/events";
import { queryClient } from "@/lib/query";
import { eventually, leave, renderLinked, shop, told } from "./support/shop";

type Callback = (entries: { isIntersecting: boolean; target: Element }[]) => void;

// Everything that is observed is on the screen, now and after each step.
vi.stubGlobal(
  "IntersectionObserver",
  class {
    constructor(private callback: Callback) {}
    observe(target: Element) {
      setTimeout(() => this.callback([{ isIntersecting: true, target }]));
    }
    unobserve = vi.fn();
    disconnect = vi.fn();
  },
);

/** The results of a reply. */
const products = (prefix: string, number: number) =>
  Array.from({ length: number }, (_, index) => {
    const name = `products/${prefix}${index}`;
    return { product: name, details: { name, title: name } };
  });

/** Where each product was shown, once so many were. */
async function shown(number: number): Promise<Record<string, string>> {
  await eventually(async () => {
    await flush();
    expect(told).toHaveLength(number);
  });
  return Object.fromEntries<string>(
    told.map(({ product, attributionToken, position }) => [product ?? "", `${attributionToken} ${position}`]),
  );
}

vi.setConfig({ testTimeout: 30_000 });
beforeEach(leave);

test("each product of a row is told with the row's reply and its place in it", async () => {
  shop(() => ({}));
  const reply = { results: products("row", 10), attributionToken: "row", degraded: [], nextPageToken: "" };
  renderLinked(<Cards reply={reply} />);
  const places = await shown(10);
  expect(places["products/row0"]).toBe("row 1");
  expect(places["products/row9"]).toBe("row 10");
});

test("one product in two rows that were answered in the same second is told for both", async () => {
  shop(() => ({}));
  const of = (results: ReturnType<typeof products>) => ({
    results,
    attributionToken: "same",
    degraded: [],
    nextPageToken: "",
  });
  const [twice, ...others] = products("two", 3);
  if (!twice) throw new Error("no product");
  renderLinked([<Cards key="1" reply={of([twice])} />, <Cards key="2" reply={of([...others, twice])} />]);
  await shown(4);
  const both = told.filter(({ product }) => product === twice.product);
  expect(both.map(({ position }) => position).sort()).toEqual([1, 3]);
});

test("what is reached by scrolling carries the reply of its own page", async () => {
  shop(async ({ body }) => {
    await new Promise((resolve) => setTimeout(resolve, 50)); // longer than drawing that it is asked for
    const page = (body.pageToken || "first") as "first" | "second" | "third";
    const nextPageToken = { first: "second", second: "third", third: "" }[page];
    return { results: products(page, 20), attributionToken: page, degraded: [], nextPageToken };
  });
  const ask = { scenario: "home" };
  await queryClient.query(rowQuery(ask, { region: "", age: 0, impersonal: false }));
  renderLinked(<EndlessRecommendations ask={ask} title="More" />);
  const places = await shown(40);
  expect(places["products/second0"]).toBe("second 21");
  expect(places["products/third19"]).toBe("third 60");
});

test("so do pages of what was found", async () => {
  shop(() => ({}));
  const page = (name: string, number: number): Found => ({
    results: products(name, number),
    facets: [],
    attributionToken: name,
    totalSize: "30",
    degraded: [],
    nextPageToken: "",
    fallback: false,
    personalized: false,
  });
  renderLinked(<Results pages={[page("one", 24), page("other", 6)]} />);
  const places = await shown(30);
  expect(places["products/one23"]).toBe("one 24");
  expect(places["products/other0"]).toBe("other 25");
});
