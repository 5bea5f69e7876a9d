import { beforeEach, expect, test, vi } from "vitest";

import { LivePreview } from "@/features/merchant/components/live-preview";
import { eventually, find, leave, render, shop, type Asked } from "./support/shop";

const PRODUCTS = ["bag", "belt"].map((id) => ({ name: `products/${id}`, title: `A ${id}` }));
const scenario = (needsProduct: boolean) => ({ name: "scenarios/s", displayName: "S", needsProduct, rules: [] });
const isPreview = ({ path }: Asked) => path.endsWith(":preview");

vi.setConfig({ testTimeout: 30_000 });
beforeEach(leave);

/** Shows the preview of a scenario; returns a function that tells what the last one was asked for. */
function preview(needsProduct: boolean): () => Asked["body"] | undefined {
  const calls = shop((asked) => (isPreview(asked) ? { results: [] } : { products: PRODUCTS }));
  render(<LivePreview draft={scenario(needsProduct)} />);
  return () => calls.filter(isPreview).at(-1)?.body;
}

async function choose(title: string) {
  const field = await find("[role=combobox]");
  field.focus();
  field.click();
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
  (await find("[role=option]", title)).click();
}

test("a place without a product of its own is previewed with a cart, of which each can be taken out", async () => {
  const asked = preview(false);
  await eventually(() => expect(asked()).toMatchObject({ contextProducts: [] }));
  await choose("A bag");
  await eventually(() => expect(asked()?.contextProducts).toEqual(["products/bag"]));
  await choose("A belt");
  await eventually(() => expect(asked()?.contextProducts).toEqual(["products/bag", "products/belt"]));
  const bag = await find("[aria-label='Without bag']");
  bag.focus();
  bag.click();
  await eventually(() => expect(asked()?.contextProducts).toEqual(["products/belt"]));
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Without belt");
  expect(asked()).not.toHaveProperty("contextProduct");
});

test("a place beside a product is previewed beside one, and not before it is chosen", async () => {
  const asked = preview(true);
  await choose("A bag");
  await eventually(() => expect(asked()?.contextProduct).toBe("products/bag"));
  expect(asked()).not.toHaveProperty("contextProducts");
});
