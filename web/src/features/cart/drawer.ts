// Whether the cart's drawer is open. One state for the header's button and for what fills the cart.

import { useSyncExternalStore } from "react";

let open = false;
const listeners = new Set<() => void>();

/** Opens or closes the drawer. */
export function showCart(value: boolean): void {
  open = value;
  listeners.forEach((listener) => listener());
}

export const useCartOpen = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => open,
  );
