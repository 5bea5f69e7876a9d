import { queryOptions } from "@tanstack/react-query";

import { request } from "@/lib/http";
import { idOf } from "@/lib/ids";
import { call } from "@/lib/session";
import type { Category, Product } from "@/lib/types";

const MOST_TILES = 18;
const HOUR_MS = 3_600_000;

/** Categories that say something of taste: the second level where there is one, the fullest first. */
export const departmentsQuery = queryOptions({
  queryKey: ["departments"],
  queryFn: async ({ signal }) => {
    const query = { pageSize: 1000 };
    const { categories } = await request<{ categories: Category[] }>("GET", "/v1/categories", { query, signal });
    const filled = categories.filter((category) => Number(category.productCount) > 0);
    const second = filled.filter((category) => Number(category.depth) === 1);
    const chosen = second.length >= 4 ? second : filled.filter((category) => !Number(category.depth));
    return chosen.sort((a, b) => Number(b.productCount) - Number(a.productCount)).slice(0, MOST_TILES);
  },
  staleTime: HOUR_MS,
});

/** The product that stands for a category in pictures. */
export const faceQuery = (category: string) =>
  queryOptions({
    queryKey: ["face", category],
    queryFn: async ({ signal }) => {
      const query = { filter: `category = "${idOf(category)}" AND in_stock = true`, pageSize: 1 };
      const answer = await request<{ products: Product[] }>("GET", "/v1/products", { query, signal });
      return answer.products[0] ?? null;
    },
    staleTime: HOUR_MS,
  });

/** What was chosen before. */
export const chosenQuery = queryOptions({
  queryKey: ["mine", "tastes"],
  queryFn: async ({ signal }) =>
    (await call<{ categories: string[] }>("GET", "/v1/users/me/preferences", { signal })).categories,
});

export const prefer = (categories: string[]): Promise<unknown> =>
  call("PATCH", "/v1/users/me/preferences", { query: { updateMask: "categories" }, body: { categories } });
