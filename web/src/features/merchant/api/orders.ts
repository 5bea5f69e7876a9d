import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import type { Order_StateJson, OrderJson } from "@contracts/aisle/catalog/v1/order_pb";

import { call } from "@/lib/session";
import { sayError } from "@/lib/toasts";
import type { Given } from "@/lib/types";

export type ShopOrder = Given<OrderJson, "name" | "state" | "lines">;

interface Page {
  orders: ShopOrder[];
  nextPageToken: string;
}

/** All shoppers' orders, newest first. */
export const shopOrdersQuery = (state: Order_StateJson | "") =>
  infiniteQueryOptions({
    queryKey: ["mine", "shop-orders", state],
    queryFn: ({ pageParam, signal }) =>
      call<Page>("GET", "/v1/orders", { query: { state, pageToken: pageParam }, signal }),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextPageToken || undefined,
    staleTime: 0,
  });

/** Moves an order on. */
export function useMoveOrder() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ name, verb }: { name: string; verb: "ship" | "deliver" }) =>
      call("POST", `/v1/orders:${verb}`, { body: { name } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["mine", "shop-orders"] }),
    onError: sayError,
  });
}
