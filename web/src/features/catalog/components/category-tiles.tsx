import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { categoriesQuery, faceQuery, rootsOf } from "@/features/catalog/api/categories";
import { ProductPicture } from "@/components/product/picture";
import { products } from "@/lib/format";
import { idOf } from "@/lib/ids";
import type { Category } from "@/lib/types";

const TILES = 8;

/** The shop's departments, each with a picture of what it sells. */
export function CategoryTiles() {
  const { data } = useSuspenseQuery(categoriesQuery);
  return (
    <ul className="tiles">
      {rootsOf(data)
        .slice(0, TILES)
        .map((category) => (
          <li key={category.name}>
            <Tile category={category} />
          </li>
        ))}
    </ul>
  );
}

function Tile({ category }: { category: Category }) {
  const face = useQuery(faceQuery(idOf(category.name)));
  return (
    <Link className="tile" to="/search" search={{ category: [idOf(category.name)] }}>
      <span className="tile-picture">
        {face.data && <ProductPicture product={face.data} width={160} sizes="7rem" />}
      </span>
      <span className="tile-name">{category.displayName}</span>
      <span className="tile-count">{products(category.productCount)}</span>
    </Link>
  );
}
