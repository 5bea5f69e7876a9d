import { useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useState, type ClipboardEvent } from "react";

import type { Suggestion } from "@/features/search/api/search";
import { Words } from "@/features/search/components/words";
import { keepPicture } from "@/features/search/picture";
import { readSearch } from "@/features/search/state";
import { Icon } from "@/components/ui/icon";
import { idOf } from "@/lib/ids";
import { sayError } from "@/lib/toasts";

// Opened by few, and not before the page is there.
const PictureDialog = lazy(() => import("@/features/search/components/picture-dialog"));

/** Takes words, with completions as one types, and pictures. */
export function SearchBox() {
  const there = useRouterState({ select: (state) => readSearch(state.location.search).q ?? "" });
  // A new address brings its own words.
  return <Box key={there} initial={there} />;
}

function Box({ initial }: { initial: string }) {
  const navigate = useNavigate();
  const [words, setWords] = useState(initial);
  const [camera, setCamera] = useState(false);

  const go = (query: string) => {
    if (query.trim()) void navigate({ to: "/search", search: { q: query.trim() } });
  };
  const choose = ({ kind, resource, text }: Suggestion) => {
    if (kind === "KIND_PRODUCT") void navigate({ to: "/products/$id", params: { id: idOf(resource) } });
    else if (kind === "KIND_CATEGORY") void navigate({ to: "/search", search: { category: [idOf(resource)] } });
    else if (kind === "KIND_BRAND") void navigate({ to: "/search", search: { brand: [text] } });
    else go(text);
  };
  const byPicture = (file: Blob) => {
    keepPicture(file)
      .then((picture) => {
        setCamera(false);
        return navigate({ to: "/search", search: { picture, q: words.trim() || undefined } });
      })
      .catch(sayError);
  };
  const onPaste = (event: ClipboardEvent) => {
    const file = [...event.clipboardData.files].find((one) => one.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    byPicture(file);
  };
  return (
    <form
      role="search"
      className="search-box"
      onSubmit={(event) => {
        event.preventDefault();
        go(words);
      }}
    >
      <Icon name="search" />
      <Words words={words} setWords={setWords} go={go} choose={choose} onPaste={onPaste} />
      <button type="submit" className="sr-only" tabIndex={-1}>
        Search
      </button>
      <button type="button" className="search-camera" aria-label="Search by picture" onClick={() => setCamera(true)}>
        <Icon name="camera" />
      </button>
      {camera && (
        <Suspense>
          <PictureDialog close={() => setCamera(false)} choose={byPicture} />
        </Suspense>
      )}
    </form>
  );
}
