import * as Ariakit from "@ariakit/react";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";

import { titledQuery } from "@/features/merchant/api/scenarios";
import { idOf } from "@/lib/ids";

interface Properties {
  label: string;
  /** `products/{product}`, or empty. */
  chosen: string;
  choose: (product: string) => void;
}

/** Finds a product by its title. */
export function ProductPicker({ label, chosen, choose }: Properties) {
  const [words, setWords] = useState(chosen ? idOf(chosen) : "");
  const [open, setOpen] = useState(false);
  const { data = [] } = useQuery({ ...titledQuery(useDeferredValue(words.trim())), enabled: open });
  return (
    <Ariakit.ComboboxProvider
      open={open}
      setOpen={setOpen}
      inputValue={words}
      setInputValue={setWords}
      resetValueOnHide={false}
    >
      <div className="field">
        <Ariakit.ComboboxLabel>{label}</Ariakit.ComboboxLabel>
        <Ariakit.Combobox placeholder="Part of its title" autoSelect={false} />
      </div>
      <Ariakit.ComboboxPopover className="menu" gutter={4} sameWidth>
        {data.map((product) => (
          <Ariakit.ComboboxItem
            key={product.name}
            className="menu-item"
            setValueOnClick={false}
            onClick={() => {
              setOpen(false);
              setWords(chosen ? product.title : "");
              choose(product.name);
            }}
          >
            {product.title} <span className="small">{idOf(product.name)}</span>
          </Ariakit.ComboboxItem>
        ))}
      </Ariakit.ComboboxPopover>
    </Ariakit.ComboboxProvider>
  );
}
