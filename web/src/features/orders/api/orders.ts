import { infiniteQueryOptions, queryOptions, useIsMutating } from "@tanstack/react-query";

import type {
  Order_StateJson,
  OrderJson,
  OrderLineJson,
  ShippingAddressJson,
} from "@contracts/aisle/catalog/v1/order_pb";

import { attemptAt, forgetAttempt } from "@/lib/attempt";
import { call, current, token } from "@/lib/session";
import type { Given, With } from "@/lib/types";

export type Order = With<Given<OrderJson, "name" | "state">, { lines: Given<OrderLineJson, "product" | "title">[] }>;
export type Address = Given<ShippingAddressJson, "recipient" | "addressLines" | "postalCode" | "city" | "regionCode">;

interface Page {
  orders: Order[];
  nextPageToken: string;
}

export const STATES: Record<Order_StateJson, string> = {
  STATE_UNSPECIFIED: "Unknown",
  STATE_PAYMENT_PENDING: "Payment under way",
  STATE_PAID: "Paid",
  STATE_SHIPPED: "On its way",
  STATE_DELIVERED: "Delivered",
  STATE_CANCELLED: "Cancelled",
  STATE_PAYMENT_DECLINED: "Payment declined",
};

/** The shopper's orders, newest first. */
export const ordersQuery = infiniteQueryOptions({
  queryKey: ["mine", "orders"],
  queryFn: ({ pageParam, signal }) =>
    call<Page>("GET", (mine) => `/v1/${mine}/orders`, { query: { pageToken: pageParam, pageSize: 20 }, signal }),
  initialPageParam: "",
  getNextPageParam: (last) => last.nextPageToken || undefined,
  staleTime: 0,
});

/** One order; asked again while its payment is under way. */
export const orderQuery = (id: string) =>
  queryOptions({
    queryKey: ["mine", "order", id],
    queryFn: ({ signal }) => call<Order>("GET", (mine) => `/v1/${mine}/orders/${id}`, { signal }),
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.state === "STATE_PAYMENT_PENDING" ? 2000 : false),
  });

export const cancelOrder = (id: string): Promise<Order> =>
  call("POST", (mine) => `/v1/${mine}/orders/${id}:cancel`, { body: {} });

export interface Purchase {
  etag: string;
  paymentToken: string;
  shippingAddress: Address;
}

export const BUY = ["buy"];

/** Whether a purchase is under way: what is put into the cart now would not be part of it. */
export const useBuying = (): boolean => useIsMutating({ mutationKey: BUY }) > 0;

const TIMEOUT_MS = 20_000; // above the gateway's own 15 s for a checkout, which answer with words

/** Buys the cart. The same purchase asked again, after a reload too, is one order: it has one request id. */
export async function checkOut(purchase: Purchase): Promise<Order> {
  await token();
  const requestId = attemptAt(current().subject, purchase);
  const order = await call<Order>("POST", (mine) => `/v1/${mine}/orders:checkout`, {
    body: { ...purchase, requestId },
    timeoutMs: TIMEOUT_MS,
  });
  forgetAttempt();
  return order;
}
