// What a page asks for while the script that draws it is on its way: a slow phone waits for the longer of the two, not for
// both. What comes is drawn at once.

import { defaultParseSearch } from "@tanstack/react-router";

import { drawFound, drawRow } from "@/early-cards";
import { productQuery } from "@/features/catalog/api/products";
import { PICKED, rowQuery } from "@/features/recommendations/api/recommend";
import { pickedNote, pickedTitle } from "@/features/recommendations/words";
import { searchQuery } from "@/features/search/api/search";
import { readSearch } from "@/features/search/state";
import { CARD, fetchPicture, GALLERY } from "@/lib/pictures";
import { queryClient } from "@/lib/query";
import type { Product } from "@/lib/types";

// As many as are in sight at first on a phone; each more takes from them.
const IN_SIGHT = 4;

type Address = Pick<Location, "pathname" | "search">;

const inSight = (results: readonly { details?: Product }[]): Product[] =>
  results.slice(0, IN_SIGHT).flatMap(({ details }) => details ?? []);

async function home(): Promise<void> {
  const reply = await queryClient.query(rowQuery(PICKED));
  await drawRow(pickedTitle(reply), pickedNote(reply), inSight(reply.results), CARD);
}

async function product({ pathname }: Address): Promise<void> {
  void import("@/app/routes/product");
  fetchPicture(await queryClient.query(productQuery(pathname.slice(1))), GALLERY);
}

async function search({ search: address }: Address): Promise<void> {
  void import("@/app/routes/search");
  const state = readSearch(defaultParseSearch(address));
  const { pages } = await queryClient.infiniteQuery(searchQuery(state));
  const products = inSight(pages[0]?.results ?? []);
  // The names of categories come later, and a picture's search has more above the products.
  if (state.q && !state.category && !state.picture)
    await drawFound(`“${state.q}”`, pages[0]?.totalSize, products, CARD);
  else for (const product of products) fetchPicture(product, CARD);
}

const EARLY: readonly [path: RegExp, ask: (address: Address) => Promise<void>][] = [
  [/^\/$/, home],
  [/^\/products\/[^/]+$/, product],
  [/^\/search$/, search],
];

/** Asks for what the address needs first, and answers when it is drawn. What fails is asked for again, and said, by the
 * page itself. */
export async function askEarly(address: Address): Promise<void> {
  const [, ask] = EARLY.find(([path]) => path.test(address.pathname)) ?? [];
  await ask?.(address).catch(() => undefined);
}
