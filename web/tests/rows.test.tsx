import { beforeEach, expect, test, vi } from "vitest";

import { choose } from "@/lib/choices";
import { everythingIsNear } from "./support/near";
import { leave, open, shop } from "./support/shop";

const LAMP = { name: "products/lamp", title: "Lamp", images: [], categoryIds: [], categoryPath: [] };
const NOTHING = {
  results: [],
  facets: [],
  categories: [],
  userEvents: [],
  reviews: [],
  items: [],
  degraded: [],
  totalSize: "0",
  nextPageToken: "",
};

everythingIsNear();

vi.setConfig({ testTimeout: 60_000 });
beforeEach(leave);

test.each([
  ["/cart", "cart"],
  ["/checkout", "checkout"],
  ["/account", "account"],
  ["/products/lamp", "product"],
  ["/", "home"],
  ["/search?q=nothing", "search-empty"],
])("the country and the age go with the rows of %s, of the scenario %s", async (address, scenario) => {
  const cart = { etag: "e", items: address === "/checkout" ? [{ product: LAMP.name, quantity: 1 }] : [] };
  const calls = shop(({ path }) => (path === `/v1/${LAMP.name}` ? LAMP : path.endsWith("/cart") ? cart : NOTHING));
  choose({ region: "FR", age: 18 });
  open(address);
  const asked = () => calls.filter(({ path }) => path === `/v1/scenarios/${scenario}:recommend`);
  await vi.waitFor(() => expect(asked()).not.toHaveLength(0), { timeout: 40_000 });
  for (const { body } of asked()) expect(body).toMatchObject({ region: "FR", age: 18 });
});
