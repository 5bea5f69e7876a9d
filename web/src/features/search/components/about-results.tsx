import { Link } from "@tanstack/react-router";
import { useState } from "react";

import type { Found } from "@/features/search/api/search";
import type { SearchState } from "@/features/search/state";
import { searchDegradation } from "@/features/search/words";
import { choose } from "@/lib/choices";
import { useChoices } from "@/lib/use-choices";

interface Properties {
  state: SearchState;
  found: Found | undefined;
}

/** What a reply says of itself: another spelling, words as they stand, nothing that fits, parts that did not answer. */
export function AboutResults({ state, found }: Properties) {
  const { q, verbatim } = state;
  return (
    <>
      {found?.correctedQuery && !verbatim && (
        <p className="hint">
          Showing results for <strong>{found.correctedQuery}</strong>. {/* Words as they stand leave a picture out. */}
          {q && !state.picture && (
            <Link to="/search" search={{ ...state, verbatim: true }}>
              Search instead for “{q}”
            </Link>
          )}
        </p>
      )}
      {q && verbatim && (
        <p className="hint">
          Searched for “{q}” as it stands.{" "}
          <Link to="/search" search={{ ...state, verbatim: undefined }}>
            Search for what is meant, too
          </Link>
        </p>
      )}
      {found?.fallback && <p className="hint">Nothing fits exactly. These come nearest.</p>}
      {found && searchDegradation(found.degraded) && (
        <p className="degraded" role="status">
          {searchDegradation(found.degraded)}
        </p>
      )}
    </>
  );
}

/** Whether the shopper's history has a part in the order: there where it has, and where they switched that off. */
export function OrderedForYou({ found }: { found: Found | undefined }) {
  const { impersonal } = useChoices();
  // Until the reply to the switch is there, nobody knows whether it was of use; it stays where it was pressed.
  const [pressed, setPressed] = useState(false);
  if (!found?.personalized && !impersonal && !pressed) return null;
  return (
    <label className="check ordered">
      <input
        type="checkbox"
        role="switch"
        checked={!impersonal}
        onChange={(event) => {
          setPressed(true);
          choose({ impersonal: !event.target.checked });
        }}
      />
      Ordered for you
    </label>
  );
}
