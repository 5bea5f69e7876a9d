import { useEffect, useState, type SyntheticEvent } from "react";

import type { Change, SearchState } from "@/features/search/state";

interface Properties {
  state: SearchState;
  change: Change;
}

const PAUSE_MS = 600;

/** A price range to type; it takes the place of bands that were ticked. */
export function PriceRange({ state, change }: Properties) {
  const [min, setMin] = useState(state.min?.toString() ?? "");
  const [max, setMax] = useState(state.max?.toString() ?? "");
  const read = (text: string) => (/^\d+([.,]\d+)?$/.test(text.trim()) ? Number(text.replace(",", ".")) : undefined);
  const [low, high] = [read(min), read(max)];
  const same = low === state.min && high === state.max;
  useEffect(() => {
    if (same) return;
    const timer = setTimeout(() => change({ min: low, max: high, price: undefined }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [same, low, high, change]);
  const apply = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!same) change({ min: low, max: high, price: undefined });
  };
  return (
    <form onSubmit={apply} className="range">
      <input
        aria-label="From"
        inputMode="decimal"
        placeholder="From"
        value={min}
        onChange={(e) => setMin(e.target.value)}
      />
      <span aria-hidden="true">–</span>
      <input
        aria-label="To"
        inputMode="decimal"
        placeholder="To"
        value={max}
        onChange={(e) => setMax(e.target.value)}
      />
    </form>
  );
}
