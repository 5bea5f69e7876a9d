import { beforeEach, expect, test, vi } from "vitest";

import { ReviewForm } from "@/features/reviews/components/review-form";
import { token } from "@/lib/session";
import { eventually, find, leave, open, render, shop, type Asked } from "./support/shop";

const line = (id: string) => ({
  product: `products/${id}`,
  quantity: 1,
  details: { name: `products/${id}`, title: id },
});

vi.setConfig({ testTimeout: 60_000 });
beforeEach(leave);

const press = (button: HTMLElement) => {
  button.focus();
  button.click();
};

test("whoever takes a line out of the cart goes on at the one beside it, and at the page after the last", async () => {
  let items = ["bag", "belt", "hat"].map(line);
  shop(({ path, body }) => {
    if (path.endsWith("removeItem")) items = items.filter(({ product }) => product !== body.product);
    return { etag: "e", results: [], degraded: [], nextPageToken: "", items };
  });
  open("/cart");
  const taken = async (id: string, words: string) => {
    press(await find(`main .line[data-product="products/${id}"] ${words}`));
    await eventually(() => expect(document.querySelector(`main [data-product="products/${id}"].line`)).toBeNull());
    return document.activeElement;
  };
  expect((await taken("belt", ".link"))?.textContent).toBe("hat");
  expect((await taken("hat", "[aria-label='One less']"))?.textContent).toBe("bag");
  expect((await taken("bag", ".link"))?.id).toBe("main");
});

const REVIEW = { name: "products/bag/reviews/r", rating: 4, title: "It fits", text: "", authorDisplayName: "Ann" };
const deletions = (calls: Asked[]) => calls.filter(({ method }) => method === "DELETE");
const focused = (name: string, expected: string | null) =>
  eventually(() => expect(document.activeElement?.[name as "textContent"]).toBe(expected));

test("a review is changed where it stands, and deleted once it was asked about", async () => {
  let reviews = [REVIEW];
  const calls = shop(({ method }) => {
    if (method === "DELETE") reviews = [];
    return { reviews, nextPageToken: "" };
  });
  await token();
  render(<ReviewForm product="products/bag" />);
  press(await find("button", "Change your review"));
  await focused("value", "4");
  press(await find("button", "Cancel"));
  await focused("textContent", "Change your review");
  press(await find("button", "Change your review"));
  press(await find("button", "Delete"));
  const yes = await find("[role=group] button", "Yes");
  expect(deletions(calls)).toHaveLength(0);
  press(yes);
  await focused("textContent", "Write a review");
  expect(deletions(calls)).toHaveLength(1);
});
