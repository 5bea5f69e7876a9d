import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";

import { CategoryTiles } from "@/features/catalog/components/category-tiles";
import { PICKED, rowQuery, type Ask } from "@/features/recommendations/api/recommend";
import { EndlessRecommendations } from "@/features/recommendations/components/endless";
import { RecommendationRow } from "@/features/recommendations/components/row";
import { pickedNote, pickedTitle } from "@/features/recommendations/words";
import { useTitle } from "@/lib/title";
import { useChoices } from "@/lib/use-choices";

// Rows of one retriever each; one that finds nothing is not there.
const ROWS: { id: string; retriever: NonNullable<Ask["retriever"]>; title: string }[] = [
  { id: "because", retriever: "RETRIEVER_BECAUSE_VIEWED", title: "Because of what you viewed" },
  { id: "recent", retriever: "RETRIEVER_RECENTLY_VIEWED", title: "You looked at" },
  { id: "trending", retriever: "RETRIEVER_TRENDING", title: "On the rise" },
  { id: "new", retriever: "RETRIEVER_NEW_ARRIVALS", title: "New here" },
  { id: "again", retriever: "RETRIEVER_BUY_AGAIN", title: "Buy again" },
];

/** Rows of recommendations, each by its own question, and then more of the first for as long as one scrolls. */
export function Home() {
  useTitle("");
  // What is in sight goes first: on a slow network the others would take from it.
  const { isPending, errorUpdateCount } = useQuery({ ...rowQuery(PICKED, useChoices()), retryOnMount: false });
  return (
    <>
      <h1 className="sr-only">Aisle</h1>
      <div className="band">
        <div className="wrap">
          <RecommendationRow id="picked" first ask={PICKED} title={pickedTitle} note={pickedNote} />
        </div>
      </div>
      {isPending && errorUpdateCount === 0 ? <div className="rows-waiting" /> : <Rest />}
    </>
  );
}

function Rest() {
  return (
    <div className="wrap rows">
      <section aria-labelledby="departments">
        <h2 id="departments">Departments</h2>
        <Suspense fallback={<div className="skeleton tiles-waiting" />}>
          <CategoryTiles />
        </Suspense>
      </section>
      {ROWS.map(({ id, retriever, title }) => (
        <RecommendationRow
          key={id}
          id={id}
          optional
          ask={{ scenario: "home", retriever }}
          title={(reply) => reply?.title || title}
        />
      ))}
      <EndlessRecommendations ask={PICKED} title="More to look at" />
    </div>
  );
}
