import { Link } from "@tanstack/react-router";

import type { Order } from "@/features/orders/api/orders";
import { money } from "@/lib/format";
import { idOf } from "@/lib/ids";

/** What was bought, as it was then. */
export function OrderLines({ order }: { order: Order }) {
  return (
    <ul className="lines">
      {order.lines.map((line) => (
        <li key={line.product} className="line">
          <span className="line-picture">
            {line.pictureUri && (
              <img src={`${line.pictureUri}?width=160`} alt="" width={80} height={80} loading="lazy" />
            )}
          </span>
          <div className="line-text">
            <Link to="/products/$id" params={{ id: idOf(line.product) }}>
              {line.title}
            </Link>
            <p className="soft">
              {line.quantity} × {money(line.unitPrice)}
            </p>
          </div>
          <p className="line-total">{money(line.lineTotal)}</p>
        </li>
      ))}
    </ul>
  );
}
