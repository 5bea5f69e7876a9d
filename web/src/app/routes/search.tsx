import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useState } from "react";

import { categoriesQuery } from "@/features/catalog/api/categories";
import { productQuery } from "@/features/catalog/api/products";
import { searchQuery } from "@/features/search/api/search";
import { AboutResults, OrderedForYou } from "@/features/search/components/about-results";
import { Facets } from "@/features/search/components/facets";
import { PictureLine } from "@/features/search/components/picture-line";
import { Results } from "@/features/search/components/results";
import { Departments } from "@/features/search/departments";
import { keepPicture, pictureOf } from "@/features/search/picture";
import { choicesOf, NO_CHOICES, SORTS, type Change, type SearchState, type Sort } from "@/features/search/state";
import { RecommendationRow } from "@/features/recommendations/components/row";
import { CardSkeletons } from "@/components/product/card";
import { Icon } from "@/components/ui/icon";
import { Failure, Notice } from "@/components/ui/notice";
import { count, products } from "@/lib/format";
import { idOf } from "@/lib/ids";
import { useEndless } from "@/lib/seen";
import { useTitle } from "@/lib/title";
import { sayError } from "@/lib/toasts";
import type { Category, Product } from "@/lib/types";
import { useChoices } from "@/lib/use-choices";

// Only on a narrow screen, and only when asked for.
const Drawer = lazy(() => import("@/components/ui/drawer"));

/** What was found for words, a picture, a category, or all together; or what is like a product. The address holds the state,
 * so that back works. */
export function SearchPage() {
  const state = useSearch({ from: "/search" });
  const navigate = useNavigate({ from: "/search" });
  const [narrowing, setNarrowing] = useState(false);
  const found = useInfiniteQuery(searchQuery(state, useChoices()));
  const { data, error, fetchNextPage, hasNextPage, isFetching, isPlaceholderData, refetch } = found;
  const change: Change = useCallback(
    (part) =>
      void navigate({
        search: (before) => ({ ...before, ...(typeof part === "function" ? part(before) : part) }),
        resetScroll: false,
      }),
    [navigate],
  );
  const more = useCallback(() => void fetchNextPage({ cancelRefetch: false }), [fetchNextPage]);
  const end = useEndless<HTMLDivElement>(more, hasNextPage && !isFetching && !error, data?.pages.length ?? 0);
  const categories = useQuery(categoriesQuery);
  const like = useLike(state.like);
  const title = headingOf(state, categories.data ?? [], like);
  useTitle(title);
  const first = data?.pages[0];
  const total = Number(first?.totalSize ?? 0);
  // Nothing is drawn before it is known how much of it there is: it would jump.
  const facets =
    first && !categories.isPending ? (
      <Facets state={state} facets={first.facets} categories={categories.data ?? []} change={change} />
    ) : (
      <div className="skeleton skeleton-block" />
    );
  const lost = state.picture !== undefined && !pictureOf(state.picture);
  return (
    <div className="wrap page search-page">
      <div className="page-head">
        <div>
          <h1>{title}</h1>
          <div className="found-line">
            <p className="soft found-count" role="status">
              {first && !lost && !first.fallback && products(total)}
            </p>
            <OrderedForYou found={first} />
          </div>
        </div>
        <div className="actions">
          <button type="button" className="button narrow-only" onClick={() => setNarrowing(true)}>
            <Icon name="filter" /> Filter {choicesOf(state) > 0 && `(${choicesOf(state)})`}
          </button>
          <Sorting value={state.sort ?? "relevance"} change={(sort) => change({ sort })} />
        </div>
      </div>
      {state.picture && (
        <PictureLine
          url={pictureOf(state.picture)?.url}
          choose={(file) => {
            keepPicture(file)
              .then((picture) => change({ picture }))
              .catch(sayError);
          }}
          state={state}
          change={change}
        />
      )}
      {like && (
        <p className="hint">
          Products that are most like{" "}
          <Link to="/products/$id" params={{ id: idOf(like.name) }}>
            {like.title}
          </Link>
          .
        </p>
      )}
      <AboutResults state={state} found={first} />
      <div className="search-columns">
        <aside className="search-side" aria-label="Filter">
          {facets}
        </aside>
        <div>
          <h2 className="sr-only">Products</h2>
          {error && !data ? (
            <Failure error={error} again={() => void refetch()} />
          ) : lost ? null : (
            <div className={isPlaceholderData ? "grid grid-old" : "grid"} aria-busy={isFetching}>
              {data && <Results pages={data.pages} />}
              {isFetching && !isPlaceholderData && <CardSkeletons number={8} />}
            </div>
          )}
          {first?.results.length === 0 && !isFetching && <Nothing state={state} change={change} />}
          <div ref={end} />
        </div>
      </div>
      {first?.results.length === 0 && !isFetching && (
        <div className="rows">
          <RecommendationRow
            id="instead"
            ask={{ scenario: "search-empty" }}
            title={() => "You may like these instead"}
          />
        </div>
      )}
      {narrowing && (
        <Suspense>
          <Drawer open close={() => setNarrowing(false)} title="Filter" side="left">
            {facets}
            <button type="button" className="button button-main button-wide" onClick={() => setNarrowing(false)}>
              Show {count(total)}
            </button>
          </Drawer>
        </Suspense>
      )}
    </div>
  );
}

/** The product that what is found is like; undefined before it is known, and where it is gone. */
function useLike(id: string | undefined): Product | undefined {
  return useQuery({ ...productQuery(`products/${id}`), enabled: id !== undefined }).data;
}

function headingOf(
  { q, category, picture, like: id, brand }: SearchState,
  categories: Category[],
  like?: Product,
): string {
  const departments = new Departments(categories);
  const name = category?.map((one) => departments.nameOf(one)).join(", ");
  // Beside a product the shop takes neither words nor a picture.
  if (id) return like ? `More like ${like.title}` : "More like this";
  if (picture) return q ? `Like your picture, ${q}` : "Like your picture";
  if (q) return name ? `“${q}” in ${name}` : `“${q}”`;
  return name ?? (brand?.length === 1 ? (brand[0] ?? "") : "Everything");
}

function Sorting({ value, change }: { value: Sort; change: (sort: Sort | undefined) => void }) {
  return (
    <label className="sorting">
      <span className="sr-only">Order</span>
      <select value={value} onChange={(event) => change(event.target.value as Sort)}>
        {Object.entries(SORTS).map(([sort, words]) => (
          <option key={sort} value={sort}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

function Nothing({ state, change }: { state: SearchState; change: Change }) {
  return (
    <Notice title="Nothing was found.">
      {choicesOf(state) > 0 ? (
        <button type="button" className="button" onClick={() => change(NO_CHOICES)}>
          Take the filters away
        </button>
      ) : (
        <p>
          Try other words, or <Link to="/">look around</Link>.
        </p>
      )}
    </Notice>
  );
}
