import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";

import { previewQuery, type Scenario } from "@/features/merchant/api/scenarios";
import { ChosenProducts } from "@/features/merchant/components/chosen-products";
import { ProductPicker } from "@/features/merchant/components/product-picker";
import { ProductPicture } from "@/components/product/picture";
import { Field } from "@/components/ui/field";
import { Failure, Notice } from "@/components/ui/notice";
import { money } from "@/lib/format";
import { useSession } from "@/lib/use-session";

const MOST_IN_CART = 50; // as the shop takes

/** What a chosen shopper would see under a scenario as it is being edited, beside a product or a cart. */
export function LivePreview({ draft }: { draft: Scenario }) {
  const [shopper, setShopper] = useState("");
  const [product, setProduct] = useState("");
  const [cart, setCart] = useState<string[]>([]);
  // A shopper's preview tells of what they viewed and bought: the shop answers it to admins alone.
  const seesShoppers = useSession().roles.includes("admin");
  const named = /^(users|visitors)\/.+/.test(shopper.trim()) ? shopper.trim() : "";
  const usable = {
    ...draft,
    rules: draft.rules.filter((rule) => rule.action !== "ACTION_PIN" || rule.products?.length),
  };
  const place = draft.needsProduct ? { contextProduct: product } : { contextProducts: cart };
  const { data, error, isFetching, refetch } = useQuery(previewQuery(usable, useDeferredValue(named), place));
  return (
    <section className="panel preview" aria-labelledby="preview" aria-busy={isFetching}>
      <h2 id="preview">Preview</h2>
      {seesShoppers && (
        <Field
          label="For the shopper"
          placeholder="users/…"
          hint="Empty for somebody unknown"
          value={shopper}
          onChange={(event) => setShopper(event.target.value)}
        />
      )}
      {draft.needsProduct ? (
        <ProductPicker label="Beside the product" chosen={product} choose={setProduct} />
      ) : (
        <ChosenProducts label="With this in the cart" products={cart} change={setCart} most={MOST_IN_CART} />
      )}
      {error && <Failure error={error} again={() => void refetch()} />}
      {data?.results.length === 0 && <Notice title="Nothing would be shown." />}
      <ol className="preview-list">
        {!error &&
          data?.results.map(({ product: name, details, explanation }) => (
            <li key={name} data-product={name}>
              <span className="line-picture">
                <ProductPicture product={details ?? { title: name }} width={160} sizes="4rem" />
              </span>
              <span>
                {details?.title ?? name} <span className="soft">{money(details?.price)}</span>
                <span className="small soft preview-why">
                  {[explanation?.retriever, ...(explanation?.rules ?? [])].filter(Boolean).join(" · ")}
                </span>
              </span>
            </li>
          ))}
      </ol>
    </section>
  );
}
