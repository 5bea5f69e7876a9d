import * as Ariakit from "@ariakit/react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useDeferredValue, useState, useTransition, type ClipboardEvent } from "react";

import { suggestQuery, type Suggestion } from "@/features/search/api/search";
import { keepPicture } from "@/features/search/picture";
import { readSearch } from "@/features/search/state";
import { Icon, type IconName } from "@/components/ui/icon";
import { idOf } from "@/lib/ids";
import { sayError } from "@/lib/toasts";

// Opened by few, and not before the page is there.
const PictureDialog = lazy(() => import("@/features/search/components/picture-dialog"));

const ICONS: Partial<Record<Suggestion["kind"], IconName>> = {
  KIND_CATEGORY: "menu",
  KIND_PRODUCT: "bag",
  KIND_BRAND: "shop",
};
const WORDS: Partial<Record<Suggestion["kind"], string>> = {
  KIND_CATEGORY: "Department",
  KIND_PRODUCT: "Product",
  KIND_BRAND: "Brand",
  KIND_HISTORY: "Searched before",
};

/** Takes words, with completions as one types, and pictures. */
export function SearchBox() {
  const there = useRouterState({ select: (state) => readSearch(state.location.search).q ?? "" });
  // A new address brings its own words.
  return <Box key={there} initial={there} />;
}

function Box({ initial }: { initial: string }) {
  const navigate = useNavigate();
  const [words, setWords] = useState(initial);
  const [open, setOpen] = useState(false);
  const [camera, setCamera] = useState(false);
  const [, startTransition] = useTransition();
  const typed = useDeferredValue(words.trim());
  const { data = [] } = useQuery({ ...suggestQuery(typed), enabled: open });

  const go = (query: string) => {
    setOpen(false);
    if (query.trim()) void navigate({ to: "/search", search: { q: query.trim() } });
  };
  const choose = (suggestion: Suggestion) => {
    setOpen(false);
    const { kind, resource, text } = suggestion;
    if (kind === "KIND_PRODUCT") void navigate({ to: "/products/$id", params: { id: idOf(resource) } });
    else if (kind === "KIND_CATEGORY") void navigate({ to: "/search", search: { category: idOf(resource) } });
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
  const paste = (event: ClipboardEvent) => {
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
      <Ariakit.ComboboxProvider
        open={open && data.length > 0}
        setOpen={setOpen}
        inputValue={words}
        setInputValue={(value) => {
          setWords(value);
          startTransition(() => setOpen(true));
        }}
        resetValueOnHide={false}
        setSelectedValue={() => undefined}
      >
        <Icon name="search" />
        <Ariakit.Combobox
          className="search-input"
          type="search"
          aria-label="Search the shop"
          placeholder="Search, or paste a picture"
          autoSelect={false}
          onFocus={() => setOpen(true)}
          onPaste={paste}
          onKeyDown={(event) => {
            // Enter takes the completion that is marked, and else the words as they stand; the list keeps it from the form.
            if (event.key !== "Enter" || event.currentTarget.getAttribute("aria-activedescendant")) return;
            event.preventDefault();
            go(words);
          }}
          maxLength={500}
          enterKeyHint="search"
        />
        <button type="submit" className="sr-only" tabIndex={-1}>
          Search
        </button>
        <button type="button" className="search-camera" aria-label="Search by picture" onClick={() => setCamera(true)}>
          <Icon name="camera" />
        </button>
        <Ariakit.ComboboxPopover className="menu suggestions" gutter={8} sameWidth aria-label="Completions">
          {data.map((suggestion) => (
            <Ariakit.ComboboxItem
              key={`${suggestion.kind} ${suggestion.resource} ${suggestion.text}`}
              className="menu-item suggestion"
              focusOnHover
              setValueOnClick={false}
              onClick={() => choose(suggestion)}
            >
              <Icon name={ICONS[suggestion.kind] ?? "search"} size={18} />
              <span>{suggestion.text}</span>
              {WORDS[suggestion.kind] && <span className="small">{WORDS[suggestion.kind]}</span>}
            </Ariakit.ComboboxItem>
          ))}
        </Ariakit.ComboboxPopover>
      </Ariakit.ComboboxProvider>
      {camera && (
        <Suspense>
          <PictureDialog close={() => setCamera(false)} choose={byPicture} />
        </Suspense>
      )}
    </form>
  );
}
