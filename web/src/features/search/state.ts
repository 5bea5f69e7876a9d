// A search as its address holds it. All of it but the picture, which no address could hold.

import { allOf, anyOf } from "@/lib/filters";

export const SORTS = {
  relevance: "Best match",
  price: "Cheapest first",
  "price desc": "Dearest first",
  "rating desc": "Best rated",
  "create_time desc": "Newest",
} as const;

export type Sort = keyof typeof SORTS;

export interface SearchState {
  q?: string;
  category?: string;
  brand?: string[];
  min?: number;
  max?: number;
  rating?: number;
  stock?: boolean;
  sort?: Sort;
  like?: string;
  /** Key of a picture that this page keeps, see picture.ts. */
  picture?: string;
}

const text = (value: unknown): string | undefined => {
  const words = typeof value === "number" ? String(value) : value;
  return typeof words === "string" && words.trim() ? words.slice(0, 500) : undefined;
};

const numberOf = (value: unknown): number | undefined => {
  const number = typeof value === "string" && value ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : undefined;
};

/** Reads an address; what cannot be read is left out. */
export function readSearch(given: Record<string, unknown>): SearchState {
  const brands = (Array.isArray(given.brand) ? given.brand : [given.brand]).flatMap((one) => text(one) ?? []);
  const sort = given.sort;
  const state: SearchState = {
    q: text(given.q),
    category: text(given.category),
    brand: brands.length ? brands.slice(0, 20) : undefined,
    min: numberOf(given.min),
    max: numberOf(given.max),
    rating: numberOf(given.rating),
    stock: given.stock === true || given.stock === "true" ? true : undefined,
    sort: typeof sort === "string" && sort in SORTS && sort !== "relevance" ? (sort as Sort) : undefined,
    like: text(given.like),
    picture: text(given.picture),
  };
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined));
}

/** The choices as a filter of the API. */
export function filterOf({ category, brand, min, max, rating, stock }: SearchState): string {
  return allOf(
    category && anyOf("category", [category]),
    anyOf("brand", brand),
    min !== undefined && `price >= ${min}`,
    max !== undefined && `price <= ${max}`,
    rating !== undefined && `rating >= ${rating}`,
    stock && "in_stock = true",
  );
}

/** How many choices narrow the search. */
export const choicesOf = ({ brand = [], min, max, rating, stock }: SearchState): number =>
  brand.length + Number(min !== undefined || max !== undefined) + Number(rating !== undefined) + Number(stock ?? false);
