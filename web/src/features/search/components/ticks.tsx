import { useState, type ReactNode } from "react";

import type { Facet } from "@/features/search/api/search";
import { count } from "@/lib/format";

/** A value that can be ticked. */
export interface Tick {
  value: string;
  words: string;
  /** How many products have it; undefined where that was not counted. */
  count?: string | number | undefined;
  /** How far it stands in, from 0. */
  depth?: number;
}

interface Properties {
  title: string;
  ticks: readonly Tick[];
  chosen: readonly string[] | undefined;
  tick: (value: string, on: boolean) => void;
  /** How many stand there before all are asked for. */
  most?: number;
  children?: ReactNode;
}

const SHOWN = 8;

/** The values of a field, of which any number can be ticked; nothing where there is none. */
export function Ticks({ title, ticks, chosen = [], tick, most = SHOWN, children }: Properties) {
  const [all, setAll] = useState(false);
  if (!ticks.length && !children) return null;
  return (
    <fieldset>
      <legend>{title}</legend>
      {ticks
        .filter(({ value }, index) => all || index < most || chosen.includes(value))
        .map(({ value, words, count: number, depth = 0 }) => (
          <label key={value} className={`check depth-${Math.min(depth, 3)}`}>
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={(event) => tick(value, event.target.checked)}
            />
            <span>{words}</span>
            {number !== undefined && <span className="small">{count(number)}</span>}
          </label>
        ))}
      {ticks.length > most && (
        <button type="button" className="facet-link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Fewer" : `All ${ticks.length}`}
        </button>
      )}
      {children}
    </fieldset>
  );
}

/** What a facet offers. What was chosen and is not among what was found stands first, so that it can be taken back. */
export function ticksOf(
  values: Facet["values"],
  chosen: readonly string[] = [],
  words: (value: string) => string = (value) => value,
): Tick[] {
  const lost = chosen.filter((value) => !values.some((one) => one.value === value));
  return [
    ...lost.map((value) => ({ value, words: words(value) })),
    ...values.map(({ value = "", count }) => ({ value, words: words(value), count })),
  ];
}
