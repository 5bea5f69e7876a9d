import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Order_StateJson } from "@contracts/aisle/catalog/v1/order_pb";

import { shopOrdersQuery, useMoveOrder, type ShopOrder } from "@/features/merchant/api/orders";
import { Choice } from "@/components/ui/field";
import { Failure, Notice } from "@/components/ui/notice";
import { dateTime, money } from "@/lib/format";
import { idOf } from "@/lib/ids";

const STATES: [Order_StateJson | "", string][] = [
  ["", "Any"],
  ["STATE_PAID", "Paid"],
  ["STATE_SHIPPED", "On their way"],
  ["STATE_DELIVERED", "Delivered"],
  ["STATE_CANCELLED", "Cancelled"],
  ["STATE_PAYMENT_PENDING", "Payment under way"],
  ["STATE_PAYMENT_DECLINED", "Payment declined"],
];
const NEXT: Partial<Record<Order_StateJson, ["ship" | "deliver", string]>> = {
  STATE_PAID: ["ship", "Mark as shipped"],
  STATE_SHIPPED: ["deliver", "Mark as delivered"],
};

/** What was bought, to be sent. */
export function ShopOrders() {
  const [state, setState] = useState<Order_StateJson | "">("");
  const { data, error, fetchNextPage, hasNextPage, isFetching, refetch } = useInfiniteQuery(shopOrdersQuery(state));
  const orders = data?.pages.flatMap((page) => page.orders) ?? [];
  return (
    <>
      <div className="toolbar">
        <Choice label="State" value={state} onChange={(event) => setState(event.target.value as Order_StateJson | "")}>
          {STATES.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </Choice>
      </div>
      {error && !data && <Failure error={error} again={() => void refetch()} />}
      {data && !orders.length && <Notice title="No orders in this state." />}
      <ul className="stock-list">
        {orders.map((order) => (
          <OrderRow key={order.name} order={order} />
        ))}
      </ul>
      {hasNextPage && (
        <button type="button" className="button" disabled={isFetching} onClick={() => void fetchNextPage()}>
          Older orders
        </button>
      )}
    </>
  );
}

function OrderRow({ order }: { order: ShopOrder }) {
  const move = useMoveOrder();
  const next = NEXT[order.state];
  return (
    <li className="order-row panel" data-order={order.name}>
      <div>
        <strong>{order.shippingAddress?.recipient}</strong>
        <p className="soft small">
          {dateTime(order.createTime)} · {idOf(order.name)} · {order.shippingAddress?.city}
        </p>
        <p>{order.lines.map((line) => `${line.quantity} × ${line.title}`).join(", ")}</p>
      </div>
      <strong>{money(order.total)}</strong>
      <span className={`state state-${order.state.toLowerCase()}`}>
        {STATES.find(([state]) => state === order.state)?.[1] ?? order.state}
      </span>
      {next && (
        <button
          type="button"
          className="button"
          disabled={move.isPending}
          onClick={() => move.mutate({ name: order.name, verb: next[0] })}
        >
          {next[1]}
        </button>
      )}
    </li>
  );
}
