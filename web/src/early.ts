// What a page asks for while the script that draws it is on its way: a slow phone waits for the longer of the two, not for
// both. What comes is drawn at once.

import { defaultParseSearch } from "@tanstack/react-router";

import { drawFound, drawRow, IN_SIGHT, type Drawn, type Placed } from "@/early-cards";
import { productQuery } from "@/features/catalog/api/products";
import { PICKED, rowQuery } from "@/features/recommendations/api/recommend";
import { pickedNote, pickedTitle } from "@/features/recommendations/words";
import { searchQuery, type Found } from "@/features/search/api/search";
import { readSearch, type SearchState } from "@/features/search/state";
import { chosen } from "@/lib/choices";
import { CARD, fetchPicture, GALLERY } from "@/lib/pictures";
import { queryClient } from "@/lib/query";
import type { Product } from "@/lib/types";

type Address = Pick<Location, "pathname" | "search">;

interface Reply {
  results: readonly { details?: Product; explanation?: { reason?: string } }[];
  attributionToken: string;
}

const placed = ({ results, attributionToken }: Reply): Placed[] =>
  results.flatMap(({ details, explanation }, index) =>
    details ? { product: details, source: { attributionToken, position: index + 1, why: explanation?.reason } } : [],
  );

async function home(): Promise<Drawn> {
  const reply = await queryClient.query(rowQuery(PICKED, chosen()));
  return drawRow(pickedTitle(reply), pickedNote(reply), placed(reply), CARD);
}

async function product({ pathname }: Address): Promise<void> {
  fetchPicture(await queryClient.query(productQuery(pathname.slice(1))), GALLERY);
}

async function search({ search: address }: Address): Promise<Drawn | undefined> {
  const state = readSearch(defaultParseSearch(address));
  const { pages } = await queryClient.infiniteQuery(searchQuery(state, chosen()));
  const found = pages[0];
  const products = found ? placed(found) : [];
  if (found && wordsAlone(state) && isPlain(found)) return drawFound(`“${state.q}”`, found.totalSize, products, CARD);
  for (const { product } of products.slice(0, IN_SIGHT)) fetchPicture(product, CARD);
  return undefined;
}

// The names of categories come later, and a search by picture or of words as they stand has more above the products.
const wordsAlone = ({ q, category, picture, verbatim }: SearchState): boolean =>
  !!q && !category && !picture && !verbatim;

// Whatever else is said stands above the products too.
const isPlain = ({ results, fallback, correctedQuery, degraded }: Found): boolean =>
  results.length > 0 && !fallback && !correctedQuery && degraded.length === 0;

const DRAWN: readonly [path: RegExp, ask: (address: Address) => Promise<Drawn | undefined>][] = [
  [/^\/$/, home],
  [/^\/search$/, search],
];

/** Asks for what the address needs first, and answers when the first of it is drawn; at once where nothing will be. What
 * fails is asked for again, and said, by the page itself. */
export async function askEarly(address: Address): Promise<Drawn | undefined> {
  if (/^\/products\/[^/]+$/.test(address.pathname)) product(address).catch(() => undefined);
  const [, ask] = DRAWN.find(([path]) => path.test(address.pathname)) ?? [];
  return ask?.(address).catch(() => undefined);
}
