import { useEffect, useState, type SyntheticEvent } from "react";

import type { Facet } from "@/features/search/api/search";
import type { SearchState } from "@/features/search/state";
import { count } from "@/lib/format";
import { idOf } from "@/lib/ids";

interface Properties {
  state: SearchState;
  facets: readonly Facet[];
  change: (part: Partial<SearchState>) => void;
}

const SHOWN = 8;

/** Choices that narrow the search, with how many products each keeps. */
export function Facets({ state, facets, change }: Properties) {
  const of = (field: string) => facets.find((facet) => facet.field === field)?.values ?? [];
  return (
    <div className="facets">
      <CategoryFacet values={of("category")} chosen={state.category} change={(category) => change({ category })} />
      <PriceFacet state={state} change={change} key={`${state.min} ${state.max}`} />
      <BrandFacet values={of("brand")} chosen={state.brand ?? []} change={(brand) => change({ brand })} />
      <fieldset>
        <legend>Rating</legend>
        {[4, 3].map((stars) => (
          <label key={stars} className="check">
            <input
              type="checkbox"
              checked={state.rating === stars}
              onChange={(event) => change({ rating: event.target.checked ? stars : undefined })}
            />
            {stars} stars and more
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>Stock</legend>
        <label className="check">
          <input
            type="checkbox"
            checked={state.stock ?? false}
            onChange={(event) => change({ stock: event.target.checked || undefined })}
          />
          In stock alone
        </label>
      </fieldset>
    </div>
  );
}

interface CategoryProperties {
  values: Facet["values"];
  chosen: string | undefined;
  change: (category: string | undefined) => void;
}

function CategoryFacet({ values, chosen, change }: CategoryProperties) {
  if (!values.length && !chosen) return null;
  return (
    <fieldset>
      <legend>Department</legend>
      {chosen && (
        <button type="button" className="facet-link" onClick={() => change(undefined)}>
          ‹ All departments
        </button>
      )}
      {values.slice(0, SHOWN + 4).map(({ value = "", displayName, count: number }) => {
        const id = idOf(value);
        return (
          <button
            key={value}
            type="button"
            className="facet-link"
            aria-current={id === chosen ? "true" : undefined}
            onClick={() => change(id)}
          >
            <span>{displayName || id}</span>
            <span className="small">{count(number)}</span>
          </button>
        );
      })}
    </fieldset>
  );
}

interface BrandProperties {
  values: Facet["values"];
  chosen: readonly string[];
  change: (brands: string[] | undefined) => void;
}

function BrandFacet({ values, chosen, change }: BrandProperties) {
  const [all, setAll] = useState(false);
  const rows = [
    ...chosen
      .filter((brand) => !values.some((one) => one.value === brand))
      .map((value) => ({ value, count: undefined as string | undefined })),
    ...values,
  ];
  if (!rows.length) return null;
  const toggle = (brand: string, on: boolean) => {
    const next = on ? [...chosen, brand] : chosen.filter((other) => other !== brand);
    change(next.length ? next : undefined);
  };
  return (
    <fieldset>
      <legend>Brand</legend>
      {rows.slice(0, all ? undefined : SHOWN).map(({ value = "", count: number }) => (
        <label key={value} className="check">
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={(event) => toggle(value, event.target.checked)}
          />
          <span>{value}</span>
          {number && <span className="small">{count(number)}</span>}
        </label>
      ))}
      {rows.length > SHOWN && (
        <button type="button" className="facet-link" onClick={() => setAll(!all)}>
          {all ? "Fewer" : `All ${rows.length}`}
        </button>
      )}
    </fieldset>
  );
}

const PAUSE_MS = 600;

function PriceFacet({ state, change }: Pick<Properties, "state" | "change">) {
  const [min, setMin] = useState(state.min?.toString() ?? "");
  const [max, setMax] = useState(state.max?.toString() ?? "");
  const read = (text: string) => (/^\d+([.,]\d+)?$/.test(text.trim()) ? Number(text.replace(",", ".")) : undefined);
  const [low, high] = [read(min), read(max)];
  const same = low === state.min && high === state.max;
  useEffect(() => {
    if (same) return;
    const timer = setTimeout(() => change({ min: low, max: high }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [same, low, high, change]);
  const apply = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!same) change({ min: low, max: high });
  };
  return (
    <form onSubmit={apply}>
      <fieldset>
        <legend>Price</legend>
        <div className="range">
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
        </div>
      </fieldset>
    </form>
  );
}
