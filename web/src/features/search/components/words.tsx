import { lazy, startTransition, useRef, useState, type ClipboardEvent } from "react";

import type { Suggestion } from "@/features/search/api/search";

// Completions come with the first touch of the box: the page does not wait for them.
const loadCompletions = () => import("@/features/search/components/completing-input");
const CompletingInput = lazy(loadCompletions);

/** The id of the list of completions. */
export const COMPLETIONS = "completions";

const INPUT = {
  className: "search-input",
  type: "search",
  "aria-label": "Search the shop",
  placeholder: "Search, or paste a picture",
  maxLength: 500,
  enterKeyHint: "search",
} as const;

/** What every input of the search box is given. */
export interface WordsProperties {
  words: string;
  setWords: (words: string) => void;
  go: (words: string) => void;
  onPaste: (event: ClipboardEvent) => void;
}

/** A plain input, until it is touched and completions are there. */
export function Words({ choose, ...given }: WordsProperties & { choose: (suggestion: Suggestion) => void }) {
  const [touched, setTouched] = useState(false);
  const typing = useRef(false);
  if (touched) return <CompletingInput {...INPUT} {...given} choose={choose} typing={typing} />;
  return (
    <input
      {...INPUT}
      role="combobox"
      aria-expanded={false}
      aria-controls={COMPLETIONS}
      aria-haspopup="listbox"
      autoComplete="off"
      value={given.words}
      onChange={(event) => given.setWords(event.target.value)}
      onPaste={given.onPaste}
      onPointerEnter={() => void loadCompletions().catch(() => undefined)}
      onFocus={() => {
        typing.current = true;
        // The plain input stays, and takes what is typed, until the other can stand in its place; for good, if none comes.
        loadCompletions()
          .then(() => startTransition(() => setTouched(true)))
          .catch(() => undefined);
      }}
      onBlur={() => (typing.current = false)}
    />
  );
}
