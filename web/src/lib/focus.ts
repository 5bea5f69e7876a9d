/** Gives the focus to what stands beside an entry of a list that is about to go, or to the place that the list is in: else
 * the keyboard would be nowhere. */
export function stepAside(from: Element): void {
  const entry = from.closest("li");
  const beside = entry?.nextElementSibling ?? entry?.previousElementSibling;
  const next = beside?.querySelector<HTMLElement>("a, button") ?? from.closest<HTMLElement>("[role=dialog], main");
  next?.focus({ preventScroll: true });
}
