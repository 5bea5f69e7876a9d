import { useDeferredValue, useEffect } from "react";

// Later pages are drawn at once: one goes back to a place in them, which has to be there.
let drawn = false;

/** How many of a list to draw: on the page that is opened first, those in sight at once and the rest in slices. */
export function useGradually(all: number, inSight: number): number {
  const number = useDeferredValue(all, drawn ? all : Math.min(all, inSight));
  useEffect(() => {
    if (number === all) drawn = true;
  }, [number, all]);
  return number;
}
