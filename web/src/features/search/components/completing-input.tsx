import * as Ariakit from "@ariakit/react";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useEffect, useRef, useState, useTransition, type RefObject } from "react";

import { suggestQuery, type Suggestion } from "@/features/search/api/search";
import { COMPLETIONS, type WordsProperties } from "@/features/search/components/words";
import { Icon, type IconName } from "@/components/ui/icon";
import { useChoices } from "@/lib/use-choices";

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

interface Properties extends WordsProperties {
  /** Whether the plain input, whose place this takes, is being typed into. */
  typing: RefObject<boolean>;
  choose: (suggestion: Suggestion) => void;
}

/** The search box's input with completions as one types. */
export default function CompletingInput({ words, setWords, go, choose, typing, ...input }: Properties) {
  const ref = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const [, startTransition] = useTransition();
  const typed = useDeferredValue(words.trim());
  const { data = [] } = useQuery({ ...suggestQuery(typed, useChoices()), enabled: open });
  useEffect(() => {
    if (!typing.current || !ref.current) return;
    ref.current.focus();
    ref.current.setSelectionRange(ref.current.value.length, ref.current.value.length);
  }, [typing]);
  return (
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
      <Ariakit.Combobox
        {...input}
        ref={ref}
        autoSelect={false}
        onFocus={() => setOpen(true)}
        onKeyDown={(event) => {
          // Enter takes the completion that is marked, and else the words as they stand; the list keeps it from the form.
          if (event.key !== "Enter" || event.currentTarget.getAttribute("aria-activedescendant")) return;
          event.preventDefault();
          setOpen(false);
          go(words);
        }}
      />
      <Ariakit.ComboboxPopover
        id={COMPLETIONS}
        className="menu suggestions"
        gutter={8}
        sameWidth
        aria-label="Completions"
      >
        {data.map((suggestion) => (
          <Ariakit.ComboboxItem
            key={`${suggestion.kind} ${suggestion.resource} ${suggestion.text}`}
            className="menu-item suggestion"
            focusOnHover
            setValueOnClick={false}
            onClick={() => {
              setOpen(false);
              choose(suggestion);
            }}
          >
            <Icon name={ICONS[suggestion.kind] ?? "search"} size={18} />
            <span>{suggestion.text}</span>
            {WORDS[suggestion.kind] && <span className="small">{WORDS[suggestion.kind]}</span>}
          </Ariakit.ComboboxItem>
        ))}
      </Ariakit.ComboboxPopover>
    </Ariakit.ComboboxProvider>
  );
}
