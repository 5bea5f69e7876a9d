import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  redirect,
} from "@tanstack/react-router";
import type { QueryClient } from "@tanstack/react-query";

import { ProductGone, RouteFailure, RouteWaiting } from "@/app/pending";
import { productQuery } from "@/features/catalog/api/products";
import { readSearch } from "@/features/search/state";
import { ApiError } from "@/lib/http";
import { queryClient } from "@/lib/query";
import { isMerchant, isShopper, token, current } from "@/lib/session";
import { Home } from "@/app/routes/home";
import { NotFound } from "@/app/routes/not-found";
import { Shell } from "@/app/shell";

const root = createRootRouteWithContext<{ client: QueryClient }>()({ component: Shell, notFoundComponent: NotFound });

const page = { getParentRoute: () => root };

/** Pages for accounts send everybody else to the log-in and back. */
async function shoppersAlone({ location }: { location: { href: string } }): Promise<void> {
  await token();
  if (!isShopper()) throw redirect({ to: "/log-in", search: { back: location.href } });
}

async function merchantsAlone({ location }: { location: { href: string } }): Promise<void> {
  await token();
  if (!isMerchant(current())) throw redirect({ to: "/log-in", search: { back: location.href } });
}

/** Only a path of this shop is gone back to. */
const readBack = (search: Record<string, unknown>): { back?: string } =>
  typeof search.back === "string" && /^\/(?!\/)/.test(search.back) ? { back: search.back } : {};

const home = createRoute({ ...page, path: "/", component: Home });

const product = createRoute({
  ...page,
  path: "/products/$id",
  loader: ({ context, params }) =>
    context.client.query({ ...productQuery(`products/${params.id}`), staleTime: "static" }).catch((error: unknown) => {
      throw error instanceof ApiError && error.status === 404 ? notFound() : error;
    }),
  notFoundComponent: ProductGone,
  component: lazyRouteComponent(() => import("@/app/routes/product"), "ProductPage"),
});

const search = createRoute({
  ...page,
  path: "/search",
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import("@/app/routes/search"), "SearchPage"),
});

const cart = createRoute({
  ...page,
  path: "/cart",
  component: lazyRouteComponent(() => import("@/app/routes/cart"), "CartPage"),
});

const checkout = createRoute({
  ...page,
  path: "/checkout",
  component: lazyRouteComponent(() => import("@/app/routes/checkout"), "CheckoutPage"),
});

const orders = createRoute({
  ...page,
  path: "/orders",
  component: lazyRouteComponent(() => import("@/app/routes/orders"), "OrdersPage"),
});

const order = createRoute({
  ...page,
  path: "/orders/$id",
  component: lazyRouteComponent(() => import("@/app/routes/order"), "OrderPage"),
});

const logIn = createRoute({
  ...page,
  path: "/log-in",
  validateSearch: readBack,
  component: lazyRouteComponent(() => import("@/app/routes/entry"), "LogInPage"),
});

const signUp = createRoute({
  ...page,
  path: "/sign-up",
  validateSearch: readBack,
  component: lazyRouteComponent(() => import("@/app/routes/entry"), "SignUpPage"),
});

const welcome = createRoute({
  ...page,
  path: "/welcome",
  validateSearch: readBack,
  beforeLoad: shoppersAlone,
  component: lazyRouteComponent(() => import("@/app/routes/welcome"), "WelcomePage"),
});

const account = createRoute({
  ...page,
  path: "/account",
  beforeLoad: shoppersAlone,
  component: lazyRouteComponent(() => import("@/app/routes/account"), "AccountPage"),
});

const merchant = createRoute({
  ...page,
  path: "/merchant",
  beforeLoad: merchantsAlone,
  component: lazyRouteComponent(() => import("@/app/routes/merchant"), "MerchantLayout"),
});

const merchantProducts = createRoute({
  getParentRoute: () => merchant,
  path: "/",
  component: lazyRouteComponent(() => import("@/app/routes/merchant"), "MerchantProducts"),
});

const merchantOrders = createRoute({
  getParentRoute: () => merchant,
  path: "/orders",
  component: lazyRouteComponent(() => import("@/app/routes/merchant"), "MerchantOrders"),
});

const merchantScenarios = createRoute({
  getParentRoute: () => merchant,
  path: "/scenarios",
  component: lazyRouteComponent(() => import("@/app/routes/merchant"), "MerchantScenarios"),
});

const merchantScenario = createRoute({
  getParentRoute: () => merchant,
  path: "/scenarios/$id",
  component: lazyRouteComponent(() => import("@/app/routes/merchant"), "MerchantScenario"),
});

const tree = root.addChildren([
  home,
  product,
  search,
  cart,
  checkout,
  orders,
  order,
  logIn,
  signUp,
  welcome,
  account,
  merchant.addChildren([merchantProducts, merchantOrders, merchantScenarios, merchantScenario]),
]);

export const router = createRouter({
  routeTree: tree,
  context: { client: queryClient },
  // A page is fetched, code and data, when the pointer rests on its link.
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultPendingMs: 150,
  defaultPendingComponent: RouteWaiting,
  defaultErrorComponent: RouteFailure,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
