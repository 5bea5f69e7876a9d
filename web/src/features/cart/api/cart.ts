// The cart, shown as it will be before the shop has answered.

import { queryOptions, useIsMutating, useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";

import type { CartItemJson, CartJson } from "@contracts/aisle/catalog/v1/cart_pb";

import { forgetAttempt } from "@/lib/attempt";
import { record, sourceOf } from "@/lib/events";
import { queryClient, retryPassing } from "@/lib/query";
import { call } from "@/lib/session";
import { sayError } from "@/lib/toasts";
import type { Product, With } from "@/lib/types";

export type CartItem = With<CartItemJson, { product: string; quantity: number; details?: Product }>;
export type Cart = With<CartJson, { etag: string; items: CartItem[] }>;

/** A cart as it will be, and as the shop answered last where that is something else. */
type Shown = Cart & { answered?: Cart };

/** The shopper's cart. */
export const cartQuery = queryOptions({
  queryKey: ["mine", "cart"],
  queryFn: async ({ signal }): Promise<Shown> => {
    const cart = await call<Cart>("GET", (mine) => `/v1/${mine}/cart`, { signal });
    // It was bought: the same again is another purchase.
    if (!cart.items.length) forgetAttempt();
    return cart;
  },
  staleTime: 10_000,
  // Another tab may have bought it meanwhile. While this one changes or buys it, the answer to that is awaited.
  refetchOnWindowFocus: () => (queryClient.isMutating() ? false : "always"),
});

const MOST_NAMED = 50; // as the shop takes

/** The products in the cart, for recommendations that go with them. */
export const productsOf = (cart: Cart): string[] => cart.items.slice(0, MOST_NAMED).map((item) => item.product);

/** Units in the cart. */
export const unitsOf = (cart: Cart | undefined): number =>
  cart?.items.reduce((units, item) => units + item.quantity, 0) ?? 0;

const CHANGE = ["cart"];
const EMPTY: Cart = { etag: "", items: [] };

/** Whether the shop has yet to answer a change: until then nobody knows what the cart costs. */
export const useCartChanging = (): boolean => useIsMutating({ mutationKey: CHANGE }) > 0;

/** Shows a change at once; answers of before that are under way are not waited for. */
async function showFirst(client: QueryClient, change: (cart: Cart) => Cart): Promise<void> {
  await client.cancelQueries({ queryKey: cartQuery.queryKey });
  client.setQueryData(cartQuery.queryKey, (shown: Shown = EMPTY) => ({
    ...change(shown),
    total: undefined,
    answered: shown.answered ?? shown,
  }));
}

function useChange<Variables>(ask: (given: Variables) => Promise<Cart>, guess: (cart: Cart, given: Variables) => Cart) {
  const client = useQueryClient();
  const write = (change: (shown: Shown) => Shown) =>
    client.setQueryData(cartQuery.queryKey, (shown: Shown | undefined) => shown && change(shown));
  // While other changes wait, what is shown is ahead of the shop's answer to this one.
  const last = () => client.isMutating({ mutationKey: CHANGE }) === 1;
  return useMutation({
    mutationKey: CHANGE,
    mutationFn: ask,
    retry: retryPassing, // no change counts twice
    onMutate: (given: Variables) => showFirst(client, (cart) => guess(cart, given)),
    onSuccess: (cart) => {
      forgetAttempt();
      write((shown) => (last() ? cart : { ...shown, answered: cart }));
    },
    onError: (error) => {
      sayError(error);
      if (!last()) return;
      write((shown) => shown.answered ?? shown);
      // An answer that was lost may have been a success.
      void client.invalidateQueries({ queryKey: cartQuery.queryKey });
    },
    scope: { id: "cart" }, // one after the other: the last answer is the last word
  });
}

interface Addition {
  product: Product;
  quantity: number;
  /** Of this addition, however often it is sent. */
  requestId: string;
}

/** Adds units of a product; the shop also hears that it was put into the cart. */
export const useAddToCart = () =>
  useChange<Addition>(
    async ({ product, quantity, requestId }) => {
      const { attributionToken, position } = sourceOf(product.name);
      const body = { product: product.name, quantity, attributionToken, requestId };
      const cart = await call<Cart>("POST", (mine) => `/v1/${mine}/cart:addItem`, { body });
      record("ADD_TO_CART", { product: product.name, quantity, attributionToken, position });
      return cart;
    },
    (cart, { product, quantity }) => {
      const had = cart.items.some((item) => item.product === product.name);
      const more = (item: CartItem) =>
        item.product === product.name ? { ...item, quantity: item.quantity + quantity } : item;
      const line: CartItem = { product: product.name, quantity, details: product, unitPrice: product.price };
      return { ...cart, items: had ? cart.items.map(more) : [...cart.items, line] };
    },
  );

interface Amount {
  product: string;
  quantity: number;
}

/** Sets how many units of a product are in the cart; 0 takes it out. */
export const useSetQuantity = () =>
  useChange<Amount>(
    (body) =>
      call("POST", (mine) => `/v1/${mine}/cart:${body.quantity ? "setItemQuantity" : "removeItem"}`, {
        body: body.quantity ? body : { product: body.product },
      }),
    (cart, { product, quantity }) => ({
      ...cart,
      items: quantity
        ? cart.items.map((item) => (item.product === product ? { ...item, quantity } : item))
        : cart.items.filter((item) => item.product !== product),
    }),
  );
