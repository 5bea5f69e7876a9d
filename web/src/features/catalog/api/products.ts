import { queryOptions } from "@tanstack/react-query";

import { request } from "@/lib/http";
import type { Product } from "@/lib/types";

/** One product. */
export const productQuery = (name: string) =>
  queryOptions({
    queryKey: ["product", name],
    queryFn: ({ signal }) => request<Product>("GET", `/v1/${name}`, { signal }),
  });
