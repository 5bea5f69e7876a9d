import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useState } from "react";

import { categoriesQuery } from "@/features/catalog/api/categories";
import { searchQuery } from "@/features/search/api/search";
import { Facets } from "@/features/search/components/facets";
import { DropZone } from "@/features/search/components/drop-zone";
import { Results } from "@/features/search/components/results";
import { keepPicture, pictureOf } from "@/features/search/picture";
import { choicesOf, SORTS, type SearchState, type Sort } from "@/features/search/state";
import { searchDegradation } from "@/features/search/words";
import { RecommendationRow } from "@/features/recommendations/components/row";
import { CardSkeletons } from "@/components/product/card";
import { Icon } from "@/components/ui/icon";
import { Failure, Notice } from "@/components/ui/notice";
import { count } from "@/lib/format";
import { useEndless } from "@/lib/seen";
import { useTitle } from "@/lib/title";
import { sayError } from "@/lib/toasts";

// Only on a narrow screen, and only when asked for.
const Drawer = lazy(() => import("@/components/ui/drawer"));

/** What was found for words, a picture, a category, or all together. The address holds the state, so that back works. */
export function SearchPage() {
  const state = useSearch({ from: "/search" });
  const navigate = useNavigate({ from: "/search" });
  const [narrowing, setNarrowing] = useState(false);
  const found = useInfiniteQuery(searchQuery(state));
  const { data, error, fetchNextPage, hasNextPage, isFetching, isPlaceholderData, refetch } = found;
  const change = useCallback(
    (part: Partial<SearchState>) => void navigate({ search: (before) => ({ ...before, ...part }), resetScroll: false }),
    [navigate],
  );
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const end = useEndless<HTMLDivElement>(more, hasNextPage && !isFetching && !error);
  const title = useHeading(state);
  useTitle(title);
  const first = data?.pages[0];
  const total = Number(first?.totalSize ?? 0);
  // Nothing is drawn before it is known how much of it there is: it would jump.
  const facets = first ? (
    <Facets state={state} facets={first.facets} change={change} />
  ) : (
    <div className="skeleton skeleton-block" />
  );
  const lost = state.picture !== undefined && !pictureOf(state.picture);
  return (
    <div className="wrap page search-page">
      <div className="page-head">
        <div>
          <h1>{title}</h1>
          <p className="soft found-count" role="status">
            {first && !lost && !first.fallback && `${count(total)} ${total === 1 ? "product" : "products"}`}
          </p>
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
          words={state.q ?? ""}
          refine={(q) => change({ q: q || undefined })}
          remove={() => change({ picture: undefined })}
        />
      )}
      {first?.correctedQuery && (
        <p className="hint">
          Shown for <strong>{first.correctedQuery}</strong>.
        </p>
      )}
      {first?.fallback && <p className="hint">Nothing fits exactly. These come nearest.</p>}
      {first && first.degraded.length > 0 && searchDegradation(first.degraded) && (
        <p className="degraded" role="status">
          {searchDegradation(first.degraded)}
        </p>
      )}
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
          <RecommendationRow id="instead" ask={{ scenario: "home" }} title={() => "You may like these instead"} />
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

function useHeading({ q, category, picture, like, brand }: SearchState): string {
  const categories = useQuery(categoriesQuery);
  const name = categories.data?.find((one) => one.name === `categories/${category}`)?.displayName;
  if (picture) return q ? `Like your picture, ${q}` : "Like your picture";
  if (q) return name ? `“${q}” in ${name}` : `“${q}”`;
  if (like) return "Looks similar";
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

interface PictureLineProperties {
  url: string | undefined;
  choose: (file: Blob) => void;
  words: string;
  refine: (words: string) => void;
  remove: () => void;
}

function PictureLine({ url, choose, words, refine, remove }: PictureLineProperties) {
  const [text, setText] = useState(words);
  if (!url) {
    return (
      <Notice title="The picture is gone">
        <p>Pictures are kept as long as the page is open. Choose it again to search by it.</p>
        <DropZone choose={choose} />
      </Notice>
    );
  }
  return (
    <form
      className="picture-line"
      onSubmit={(event) => {
        event.preventDefault();
        refine(text.trim());
      }}
    >
      <img src={url} alt="What you search by" width={96} height={96} />
      <label className="field">
        <span>Say more, such as “in blue”</span>
        <input value={text} maxLength={500} onChange={(event) => setText(event.target.value)} />
      </label>
      <button type="submit" className="button">
        Refine
      </button>
      <button type="button" className="button button-quiet" onClick={remove}>
        Without the picture
      </button>
    </form>
  );
}

function Nothing({ state, change }: { state: SearchState; change: (part: Partial<SearchState>) => void }) {
  return (
    <Notice title="Nothing was found.">
      {choicesOf(state) > 0 ? (
        <button
          type="button"
          className="button"
          onClick={() =>
            change({ brand: undefined, min: undefined, max: undefined, rating: undefined, stock: undefined })
          }
        >
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
