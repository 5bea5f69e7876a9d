// A search as its address holds it. All of it but the picture, which no address could hold.

import { allOf, anyOf, inAnyOf, isBand } from "@/lib/filters";

export const SORTS = {
  relevance: "Best match",
  price: "Cheapest first",
  "price desc": "Dearest first",
  "rating desc": "Best rated",
  "create_time desc": "Newest",
} as const;

export type Sort = keyof typeof SORTS;

/** How much a picture counts against the words beside it. */
export const WEIGHTS = { picture: 0.8, words: 0.2 } as const;

export type Weight = keyof typeof WEIGHTS;

export interface SearchState {
  q?: string;
  /** The words are taken as they stand. */
  verbatim?: boolean;
  category?: string[];
  brand?: string[];
  colour?: string[];
  /** Bands such as `10..20`, as the facet names them. */
  price?: string[];
  /** A range that was typed. */
  min?: number;
  max?: number;
  /** Bands such as `3..4`. */
  rating?: string[];
  stock?: boolean;
  sort?: Sort;
  /** Id of the product that what is found is like. */
  like?: string;
  /** Key of a picture that this page keeps, see picture.ts. */
  picture?: string;
  /** What counts more where a picture stands beside words; both alike when absent. */
  weight?: Weight;
}

// The API takes 2000 characters; the rest is for a price range that is typed.
const LONGEST_FILTER = 1900;

const text = (value: unknown): string | undefined => {
  const words = typeof value === "number" ? String(value) : value;
  return typeof words === "string" && words.trim() ? words.slice(0, 500) : undefined;
};

const numberOf = (value: unknown): number | undefined => {
  const number = typeof value === "string" && value ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : undefined;
};

/** One text or several. */
function texts(given: unknown): string[] | undefined {
  const found = (Array.isArray(given) ? given : [given]).flatMap((one) => text(one) ?? []);
  return found.length ? found : undefined;
}

/** Bands; a number stands for all that is at least as much. */
function bands(given: unknown): string[] | undefined {
  const found = (texts(given) ?? []).map((one) => (/^\d+$/.test(one) ? `${one}..` : one)).filter(isBand);
  return found.length ? found : undefined;
}

const flag = (given: unknown): true | undefined => given === true || given === "true" || undefined;

/** Reads an address; what cannot be read is left out. */
export function readSearch(given: Record<string, unknown>): SearchState {
  const { sort, weight } = given;
  const state: SearchState = {
    q: text(given.q),
    verbatim: flag(given.verbatim),
    category: texts(given.category),
    brand: texts(given.brand),
    colour: texts(given.colour),
    price: bands(given.price),
    min: numberOf(given.min),
    max: numberOf(given.max),
    rating: bands(given.rating),
    stock: flag(given.stock),
    sort: typeof sort === "string" && sort in SORTS && sort !== "relevance" ? (sort as Sort) : undefined,
    like: text(given.like),
    picture: text(given.picture),
    weight: typeof weight === "string" && weight in WEIGHTS ? (weight as Weight) : undefined,
  };
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined));
}

/** The choices as a filter of the API: of one field any of them, of several fields each. */
export function filterOf({ category, brand, colour, price, min, max, rating, stock }: SearchState): string {
  return allOf(
    anyOf("category", category),
    anyOf("brand", brand),
    anyOf("attributes.colour", colour),
    inAnyOf("price", price),
    min !== undefined && `price >= ${min}`,
    max !== undefined && `price <= ${max}`,
    inAnyOf("rating", rating),
    stock && "in_stock = true",
  );
}

/** Whether a search takes what was ticked; where it is full already, whatever makes it shorter. */
export const isTaken = (ticks: SearchState, before: SearchState): boolean =>
  filterOf(ticks).length <= Math.max(LONGEST_FILTER, filterOf(before).length - 1);

/** Values once one more is ticked, or one is no more. */
export function ticked(before: readonly string[] = [], value: string, on: boolean): string[] | undefined {
  const next = [...before.filter((other) => other !== value), ...(on ? [value] : [])];
  return next.length ? next : undefined;
}

/** What changes of a search; a function of what it is by then, since two ticks may come faster than the page follows. */
export type Change = (part: Partial<SearchState> | ((before: SearchState) => Partial<SearchState>)) => void;

/** Takes all choices that narrow a search away; its department stays. */
export const NO_CHOICES = {
  brand: undefined,
  colour: undefined,
  price: undefined,
  min: undefined,
  max: undefined,
  rating: undefined,
  stock: undefined,
} satisfies Partial<SearchState>;

/** How many choices narrow the search. */
export const choicesOf = ({ brand, colour, price, min, max, rating, stock }: SearchState): number =>
  [brand, colour, price, rating].reduce((number, values) => number + (values?.length ?? 0), 0) +
  Number(min !== undefined || max !== undefined) +
  Number(stock ?? false);
