import { beforeEach, expect, test, vi } from "vitest";

import { useAdjustStock, useUpdateProduct } from "@/features/merchant/api/products";
import { queryClient } from "@/lib/query";
import { run, shop } from "./support/shop";

const BAG = { name: "products/bag", title: "Bag", etag: "e1" };
const STOCK = ["mine", "stock", "", false, ""];
const stale = () => queryClient.getQueryState(STOCK)?.isInvalidated;

beforeEach(() => {
  queryClient.clear();
  queryClient.setQueryData(STOCK, { pages: [], pageParams: [] });
});

test("an adjustment whose answer is lost is sent again as the same one", async () => {
  let tries = 0;
  const calls = shop(() => (++tries === 1 ? Promise.reject(new TypeError("lost")) : BAG));
  const adjust = await run(useAdjustStock);
  adjust().mutate({ name: BAG.name, delta: 3, requestId: "r1" });
  await vi.waitFor(() => expect(adjust().isSuccess).toBe(true), 3000);
  expect(calls.map((call) => call.body)).toEqual([
    { delta: 3, requestId: "r1" },
    { delta: 3, requestId: "r1" },
  ]);
});

test("after a change that failed, the stock is read again", async () => {
  shop(() => Promise.reject(new TypeError("lost")));
  const update = await run(useUpdateProduct);
  update().mutate({ product: BAG, title: "Sack", price: undefined });
  await vi.waitFor(() => expect(stale()).toBe(true));
});

test("a price that is taken away is taken away", async () => {
  const calls = shop(() => BAG);
  const update = await run(useUpdateProduct);
  update().mutate({ product: BAG, title: "Sack", price: undefined });
  await vi.waitFor(() => expect(calls).toHaveLength(1));
  expect(calls[0]?.query.get("updateMask")).toBe("title,price");
  expect(calls[0]?.body).toEqual({ title: "Sack", etag: "e1" });
});
