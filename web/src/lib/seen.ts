// What comes into sight: impressions, and rows that are read when they are needed.

import { useDeferredValue, useEffect, useRef, useState, type RefObject } from "react";

import { recordShown, type Source } from "@/lib/events";

const SHOWN = 0.6;
const AHEAD = "400px";

const shown = new WeakMap<Element, () => void>();
let observer: IntersectionObserver | undefined;

function observe(element: Element, callback: () => void): () => void {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) shown.get(target)?.();
    },
    { threshold: SHOWN },
  );
  shown.set(element, callback);
  observer.observe(element);
  return () => observer?.unobserve(element);
}

/** Records an impression of the product once more than half of the element has been on the screen. */
export function useImpression<E extends Element>(
  product: string,
  { attributionToken, position }: Source,
): RefObject<E | null> {
  const ref = useRef<E>(null);
  useEffect(() => {
    if (!ref.current) return;
    return observe(ref.current, () => recordShown(product, { attributionToken, position }));
  }, [product, attributionToken, position]);
  return ref;
}

/** Whether the element has come near the screen, once and for all; or was there before. */
export function useNear<E extends Element>(before: () => boolean): [RefObject<E | null>, boolean] {
  const ref = useRef<E>(null);
  const [near, setNear] = useState(before);
  useEffect(() => {
    if (!ref.current || near) return;
    const watcher = new IntersectionObserver(([entry]) => entry?.isIntersecting && setNear(true), {
      rootMargin: AHEAD,
    });
    watcher.observe(ref.current);
    return () => watcher.disconnect();
  }, [near]);
  return [ref, near];
}

/** Asks for one page more when the element at the end comes near the screen, and for the next when that one is drawn.
 * `pages` is how many were read: they are drawn in slices, and until all of them are the end stands where it stood. */
export function useEndless<E extends Element>(more: () => void, active: boolean, pages: number): RefObject<E | null> {
  const ref = useRef<E>(null);
  const drawn = useDeferredValue(pages, 0) === pages;
  useEffect(() => {
    if (!ref.current || !active || !drawn) return;
    const watcher = new IntersectionObserver((entries) => entries.at(-1)?.isIntersecting && more(), {
      rootMargin: "800px",
    });
    watcher.observe(ref.current);
    return () => watcher.disconnect();
  }, [more, active, drawn]);
  return ref;
}
