import { Link, Outlet, useParams } from "@tanstack/react-router";
import { Suspense } from "react";

import { RouteWaiting } from "@/app/pending";
import { Products } from "@/features/merchant/components/products";
import { ScenarioEditor } from "@/features/merchant/components/scenario-editor";
import { Scenarios } from "@/features/merchant/components/scenarios";
import { ShopOrders } from "@/features/merchant/components/shop-orders";
import { useTitle } from "@/lib/title";

/** What stands around every page of the merchant. */
export function MerchantLayout() {
  useTitle("Run the shop");
  return (
    <div className="wrap page">
      <h1>Run the shop</h1>
      <nav className="tabs" aria-label="Run the shop">
        <Link to="/merchant" activeOptions={{ exact: true }}>
          Products and stock
        </Link>
        <Link to="/merchant/orders">Orders</Link>
        <Link to="/merchant/scenarios">Recommendations</Link>
      </nav>
      <Suspense fallback={<RouteWaiting />}>
        <Outlet />
      </Suspense>
    </div>
  );
}

export const MerchantProducts = () => <Products />;

export const MerchantOrders = () => <ShopOrders />;

export const MerchantScenarios = () => <Scenarios />;

export function MerchantScenario() {
  const { id } = useParams({ from: "/merchant/scenarios/$id" });
  return <ScenarioEditor key={id} id={id} />;
}
