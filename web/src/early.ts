// What a page asks for while the script that draws it is on its way: a slow phone waits for the longer of the two, not for both.

import { defaultParseSearch } from "@tanstack/react-router";

import { productQuery } from "@/features/catalog/api/products";
import { PICKED, rowQuery } from "@/features/recommendations/api/recommend";
import { searchQuery } from "@/features/search/api/search";
import { readSearch } from "@/features/search/state";
import { CARD, fetchPicture, GALLERY } from "@/lib/pictures";
import { queryClient } from "@/lib/query";

// As many as are in sight at first on a phone; each more takes from them.
const IN_SIGHT = 4;

type Address = Pick<Location, "pathname" | "search">;

async function home(): Promise<void> {
  const { results } = await queryClient.query(rowQuery(PICKED));
  for (const { details } of results.slice(0, IN_SIGHT)) fetchPicture(details, CARD);
}

async function product({ pathname }: Address): Promise<void> {
  void import("@/app/routes/product");
  fetchPicture(await queryClient.query(productQuery(pathname.slice(1))), GALLERY);
}

async function search({ search: address }: Address): Promise<void> {
  void import("@/app/routes/search");
  const { pages } = await queryClient.infiniteQuery(searchQuery(readSearch(defaultParseSearch(address))));
  for (const { details } of pages[0]?.results.slice(0, IN_SIGHT) ?? []) fetchPicture(details, CARD);
}

const EARLY: readonly [path: RegExp, ask: (address: Address) => Promise<void>][] = [
  [/^\/$/, home],
  [/^\/products\/[^/]+$/, product],
  [/^\/search$/, search],
];

/** Asks for what the address needs first. What fails is asked for again, and said, where it is drawn. */
export function askEarly(address: Address): void {
  for (const [path, ask] of EARLY) {
    if (path.test(address.pathname)) ask(address).catch(() => undefined);
  }
}
