import { Ticks, ticksOf, type Tick } from "@/features/search/components/ticks";
import { PriceRange } from "@/features/search/components/price-range";
import type { Facet } from "@/features/search/api/search";
import { Departments } from "@/features/search/departments";
import { isTaken, ticked, type Change, type SearchState } from "@/features/search/state";
import { endsOf } from "@/lib/filters";
import { count } from "@/lib/format";
import { say } from "@/lib/toasts";
import type { Category } from "@/lib/types";

interface Properties {
  state: SearchState;
  facets: readonly Facet[];
  categories: readonly Category[];
  change: Change;
}

const DEPARTMENTS = 12;
const IN_STOCK = "true";
const FULL = "That is more than one search takes. Take another tick away first.";

/** Choices that narrow the search, with how many products each keeps; of one field several can be ticked. */
export function Facets({ state, facets, categories, change }: Properties) {
  const of = (field: string) => facets.find((facet) => facet.field === field)?.values ?? [];
  const departments = new Departments(categories);
  // Where nothing that was found has a price, any range would find nothing.
  const priced = of("price").length > 0 || state.min !== undefined || state.max !== undefined;
  const tick = (part: (before: SearchState) => Partial<SearchState>) => {
    if (isTaken({ ...state, ...part(state) }, state)) change(part);
    else say(FULL, "bad");
  };
  const several = (field: "brand" | "colour" | "rating") => (value: string, on: boolean) =>
    tick((before) => ({ [field]: ticked(before[field], value, on) }));
  return (
    <div className="facets">
      <Ticks
        title="Department"
        ticks={departments.ticks(of("category"), state.category)}
        chosen={state.category}
        tick={(id, on) => tick((before) => ({ category: departments.ticked(before.category, id, on) }))}
        most={DEPARTMENTS}
      />
      <Ticks
        title="Price"
        ticks={ticksOf(of("price"), state.price, priceWords)}
        chosen={state.price}
        tick={(band, on) =>
          tick((before) => ({ price: ticked(before.price, band, on), min: undefined, max: undefined }))
        }
      >
        {priced && <PriceRange state={state} change={change} key={`${state.min} ${state.max}`} />}
      </Ticks>
      <Ticks title="Brand" ticks={ticksOf(of("brand"), state.brand)} chosen={state.brand} tick={several("brand")} />
      <Ticks
        title="Colour"
        ticks={ticksOf(of("attributes.colour"), state.colour, capitalized)}
        chosen={state.colour}
        tick={several("colour")}
      />
      <Ticks
        title="Rating"
        ticks={ticksOf(of("rating"), state.rating, ratingWords)}
        chosen={state.rating}
        tick={several("rating")}
      />
      <Ticks
        title="Stock"
        ticks={[inStock(of("in_stock"))]}
        chosen={state.stock ? [IN_STOCK] : undefined}
        tick={(_, on) => change({ stock: on || undefined })}
      />
    </div>
  );
}

/** Always there, so that it can be taken back where nothing was found. */
function inStock(values: Facet["values"]): Tick {
  const number = values.find(({ value }) => value === IN_STOCK)?.count;
  return { value: IN_STOCK, words: "In stock", count: number ?? (values.length ? 0 : undefined) };
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A price band in words. The numbers are of the shop's currency, as in the fields below. */
function priceWords(band: string): string {
  const [low, high] = endsOf(band);
  if (low === undefined) return `Below ${count(high)}`;
  return high === undefined ? `${count(low)} and more` : `${count(low)} to ${count(high)}`;
}

function ratingWords(band: string): string {
  const [low, high] = endsOf(band);
  return high === undefined ? `${count(low)} stars and more` : `${count(low)} to ${count(high)} stars`;
}
