import { queryOptions } from "@tanstack/react-query";

import { request } from "@/lib/http";
import type { Category, Product } from "@/lib/types";

const HOUR_MS = 3_600_000;

/** The whole category tree, parents before their children. */
export const categoriesQuery = queryOptions({
  queryKey: ["categories"],
  queryFn: async ({ signal }) => {
    const answer = await request<{ categories: Category[] }>("GET", "/v1/categories", {
      query: { pageSize: 1000 },
      signal,
    });
    return answer.categories;
  },
  staleTime: HOUR_MS,
});

/** A product that stands for a category in pictures; null for a category without one. */
export const faceQuery = (category: string) =>
  queryOptions({
    queryKey: ["face", category],
    queryFn: async ({ signal }) => {
      const query = { filter: `category = "${category}" AND in_stock = true`, pageSize: 1, orderBy: "rating desc" };
      const answer = await request<{ products: Product[] }>("GET", "/v1/products", { query, signal });
      return answer.products[0] ?? null;
    },
    staleTime: HOUR_MS,
  });

/** The roots of the tree that hold products, fullest first. */
export const rootsOf = (categories: readonly Category[]): Category[] =>
  categories
    .filter((category) => !category.parentCategory && Number(category.productCount) > 0)
    .sort((a, b) => Number(b.productCount) - Number(a.productCount));

/** The children of a category that hold products. */
export const childrenOf = (categories: readonly Category[], parent: string): Category[] =>
  categories.filter((category) => category.parentCategory === parent && Number(category.productCount) > 0);
