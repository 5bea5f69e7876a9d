import { Link } from "@tanstack/react-router";

import type { CartItem_NoticeJson } from "@contracts/aisle/catalog/v1/cart_pb";

import { useSetQuantity, type Cart, type CartItem } from "@/features/cart/api/cart";
import { ProductPicture } from "@/components/product/picture";
import { Icon } from "@/components/ui/icon";
import { stepAside } from "@/lib/focus";
import { amount, money } from "@/lib/format";
import { idOf } from "@/lib/ids";

const MOST = 999;

/** What is in the cart; what changed since it was put there is said beside it. */
export function CartLines({ cart, leave }: { cart: Cart; leave?: () => void }) {
  return (
    <ul className="lines">
      {cart.items.map((item) => (
        <Line key={item.product} item={item} leave={leave} />
      ))}
    </ul>
  );
}

function Line({ item, leave }: { item: CartItem; leave: (() => void) | undefined }) {
  const set = useSetQuantity();
  const title = item.details?.title ?? item.product;
  const change = (quantity: number) => set.mutate({ product: item.product, quantity });
  const remove = ({ currentTarget }: { currentTarget: Element }) => {
    stepAside(currentTarget);
    change(0);
  };
  return (
    <li className="line" data-product={item.product}>
      <span className="line-picture">
        <ProductPicture product={item.details ?? { title }} width={160} sizes="5rem" />
      </span>
      <div className="line-text">
        <Link to="/products/$id" params={{ id: idOf(item.product) }} onClick={leave}>
          {title}
        </Link>
        <p className="soft">{money(item.unitPrice)}</p>
        {item.notices?.map((notice) => (
          <p key={notice} className="line-notice" role="status">
            {words(notice, item)}
          </p>
        ))}
        <div className="line-foot">
          <div className="stepper" role="group" aria-label={`Units of ${title}`}>
            <button
              type="button"
              aria-label="One less"
              onClick={item.quantity > 1 ? () => change(item.quantity - 1) : remove}
            >
              <Icon name={item.quantity > 1 ? "minus" : "trash"} size={16} />
            </button>
            <span aria-live="polite">{item.quantity}</span>
            <button
              type="button"
              aria-label="One more"
              disabled={item.quantity >= Math.min(MOST, Number(item.availableQuantity ?? MOST))}
              onClick={() => change(item.quantity + 1)}
            >
              <Icon name="plus" size={16} />
            </button>
          </div>
          <button type="button" className="link" onClick={remove}>
            Remove
          </button>
        </div>
      </div>
      <p className="line-total">{money(item.lineTotal)}</p>
    </li>
  );
}

function words(notice: CartItem_NoticeJson, item: CartItem): string {
  switch (notice) {
    case "NOTICE_PRICE_CHANGED": {
      const cheaper = amount(item.unitPrice) < amount(item.addedPrice);
      return `${cheaper ? "Now cheaper" : "The price went up"}: it was ${money(item.addedPrice)}.`;
    }
    case "NOTICE_INSUFFICIENT_STOCK":
      return `Only ${item.availableQuantity} left: take fewer.`;
    case "NOTICE_OUT_OF_STOCK":
      return "Sold out: remove it to go on.";
    case "NOTICE_UNAVAILABLE":
      return "Not for sale any more: remove it to go on.";
    default:
      return "";
  }
}

/** What it costs together. */
export function CartTotal({ cart }: { cart: Cart }) {
  return (
    <p className="total">
      <span>Total</span>
      <strong>{money(cart.total) || "…"}</strong>
    </p>
  );
}
