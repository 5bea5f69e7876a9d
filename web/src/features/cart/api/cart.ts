// The cart, shown as it will be before the shop has answered.

import { queryOptions, useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";

import type { CartItemJson, CartJson } from "@contracts/aisle/catalog/v1/cart_pb";

import { record, sourceOf } from "@/lib/events";
import { uuid } from "@/lib/ids";
import { call } from "@/lib/session";
import { sayError } from "@/lib/toasts";
import type { Product, With } from "@/lib/types";

export type CartItem = With<CartItemJson, { product: string; quantity: number; details?: Product }>;
export type Cart = With<CartJson, { etag: string; items: CartItem[] }>;

/** The shopper's cart. */
export const cartQuery = queryOptions({
  queryKey: ["mine", "cart"],
  queryFn: ({ signal }) => call<Cart>("GET", (mine) => `/v1/${mine}/cart`, { signal }),
  staleTime: 10_000,
});

/** Units in the cart. */
export const unitsOf = (cart: Cart | undefined): number =>
  cart?.items.reduce((units, item) => units + item.quantity, 0) ?? 0;

/** Takes what the shop answered; older answers that are under way are not waited for. */
async function showFirst(client: QueryClient, change: (cart: Cart) => Cart): Promise<{ before: Cart | undefined }> {
  await client.cancelQueries({ queryKey: cartQuery.queryKey });
  const before = client.getQueryData(cartQuery.queryKey);
  client.setQueryData(cartQuery.queryKey, change(before ?? { etag: "", items: [] }));
  return { before };
}

function useChange<Variables>(ask: (given: Variables) => Promise<Cart>, guess: (cart: Cart, given: Variables) => Cart) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onMutate: (given: Variables) => showFirst(client, (cart) => guess(cart, given)),
    onSuccess: (cart) => client.setQueryData(cartQuery.queryKey, cart),
    onError: (error, _, kept) => {
      if (kept?.before) client.setQueryData(cartQuery.queryKey, kept.before);
      else void client.invalidateQueries({ queryKey: cartQuery.queryKey });
      sayError(error);
    },
    scope: { id: "cart" }, // one after the other: the last answer is the last word
  });
}

interface Addition {
  product: Product;
  quantity: number;
}

/** Adds units of a product; the shop also hears that it was put into the cart. */
export const useAddToCart = () =>
  useChange<Addition>(
    async ({ product, quantity }) => {
      const { attributionToken, position } = sourceOf(product.name);
      const body = { product: product.name, quantity, attributionToken, requestId: uuid() };
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
