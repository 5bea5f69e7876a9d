import { beforeEach, expect, test, vi } from "vitest";

import { eventually, find, leave, open, shop } from "./support/shop";

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
