import { ProductPicker } from "@/features/merchant/components/product-picker";
import { Icon } from "@/components/ui/icon";
import { stepAside } from "@/lib/focus";
import { idOf } from "@/lib/ids";

interface Properties {
  label: string;
  /** `products/{product}` each. */
  products: readonly string[];
  change: (products: string[]) => void;
  most: number;
}

/** Some products, each of which can be taken out, and a way to add another one while there are fewer than `most`. */
export function ChosenProducts({ label, products, change, most }: Properties) {
  const add = (product: string) => !products.includes(product) && change([...products, product]);
  return (
    <>
      <ul className="chosen">
        {products.map((product) => (
          <li key={product}>
            {idOf(product)}
            <button
              type="button"
              aria-label={`Without ${idOf(product)}`}
              onClick={({ currentTarget }) => {
                stepAside(currentTarget);
                change(products.filter((other) => other !== product));
              }}
            >
              <Icon name="close" size={14} />
            </button>
          </li>
        ))}
      </ul>
      {products.length < most && <ProductPicker label={label} chosen="" choose={add} />}
    </>
  );
}
