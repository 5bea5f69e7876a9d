import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { allOf, quoted } from "@/lib/filters";
import { retryPassing } from "@/lib/query";
import { call } from "@/lib/session";
import { say, sayError } from "@/lib/toasts";
import type { Money, Product } from "@/lib/types";

interface Page {
  products: Product[];
  nextPageToken: string;
  totalSize: string;
}

export interface Choice {
  /** Part of a title. */
  words: string;
  soldOut: boolean;
  orderBy: string;
}

/** The shop's products as the merchant reads them. */
export const stockQuery = ({ words, soldOut, orderBy }: Choice) =>
  infiniteQueryOptions({
    queryKey: ["mine", "stock", words, soldOut, orderBy],
    queryFn: ({ pageParam, signal }) => {
      const filter = allOf(words && `title:${quoted(words)}`, soldOut && "in_stock = false");
      const query = { filter, orderBy, pageSize: 30, pageToken: pageParam };
      return call<Page>("GET", "/v1/products", { query, signal });
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.nextPageToken || undefined,
  });

function useWrite<Variables>(
  ask: (given: Variables) => Promise<Product>,
  words: string,
  retry: typeof retryPassing | 0,
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ask,
    retry,
    onSuccess: (product) => {
      client.setQueryData(["product", product.name], product);
      say(words);
    },
    onError: sayError,
    // After a failure too: it may be that only the answer was lost.
    onSettled: () => void client.invalidateQueries({ queryKey: ["mine", "stock"] }),
  });
}

interface Adjustment {
  name: string;
  delta: number;
  /** Of this adjustment, however often it is sent. */
  requestId: string;
}

/** Adds units to a product's stock, or takes them away; sent again, it counts once. */
export const useAdjustStock = () =>
  useWrite<Adjustment>(
    ({ name, delta, requestId }) => call("POST", `/v1/${name}:adjustStock`, { body: { delta, requestId } }),
    "The stock is changed.",
    retryPassing,
  );

/** Changes what a product is called and costs, nothing being no price; refused when somebody else was faster. */
export const useUpdateProduct = () =>
  useWrite<{ product: Product; title: string; price: Money | undefined }>(
    ({ product, title, price }) =>
      call("PATCH", `/v1/${product.name}`, {
        query: { updateMask: "title,price" },
        body: { title, price, etag: product.etag },
      }),
    "The product is changed.",
    0, // sent again after a lost answer, it would be refused: its own first try was faster
  );
