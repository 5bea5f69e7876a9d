import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";

import { stockQuery, useAdjustStock, useUpdateProduct } from "@/features/merchant/api/products";
import { ProductPicture } from "@/components/product/picture";
import { Choice, Field } from "@/components/ui/field";
import { Failure, Notice } from "@/components/ui/notice";
import { amount, count, money, parseMoney, products as inWords } from "@/lib/format";
import { idOf, uuid } from "@/lib/ids";
import type { Product } from "@/lib/types";

/** All products, with their stock and prices to change. */
export function Products() {
  const [words, setWords] = useState("");
  const [soldOut, setSoldOut] = useState(false);
  const [orderBy, setOrderBy] = useState("update_time desc");
  const choice = { words: useDeferredValue(words.trim()), soldOut, orderBy };
  const { data, error, fetchNextPage, hasNextPage, isFetching, refetch } = useInfiniteQuery(stockQuery(choice));
  const products = data?.pages.flatMap((page) => page.products) ?? [];
  return (
    <>
      <form className="toolbar" onSubmit={(event) => event.preventDefault()}>
        <Field label="Title holds" type="search" value={words} onChange={(event) => setWords(event.target.value)} />
        <Choice label="Order" value={orderBy} onChange={(event) => setOrderBy(event.target.value)}>
          <option value="update_time desc">Changed last</option>
          <option value="create_time desc">Newest</option>
          <option value="title">Title</option>
          <option value="price desc">Dearest</option>
        </Choice>
        <label className="check">
          <input type="checkbox" checked={soldOut} onChange={(event) => setSoldOut(event.target.checked)} />
          Sold out alone
        </label>
        <p className="soft" role="status">
          {data && inWords(data.pages[0]?.totalSize)}
        </p>
      </form>
      {error && !data && <Failure error={error} again={() => void refetch()} />}
      {data && !products.length && <Notice title="No such products." />}
      <ul className="stock-list" aria-busy={isFetching}>
        {products.map((product) => (
          <StockRow key={product.name} product={product} />
        ))}
      </ul>
      {hasNextPage && (
        <button type="button" className="button" disabled={isFetching} onClick={() => void fetchNextPage()}>
          More
        </button>
      )}
    </>
  );
}

function StockRow({ product }: { product: Product }) {
  const [editing, setEditing] = useState(false);
  return (
    <li className="stock-row panel" data-product={product.name}>
      <span className="line-picture">
        <ProductPicture product={product} width={160} sizes="4rem" />
      </span>
      <div>
        <Link to="/products/$id" params={{ id: idOf(product.name) }}>
          {product.title}
        </Link>
        <p className="soft small">
          {idOf(product.name)} · {product.categoryPath?.join(" › ")} · {money(product.price) || "no price"}
        </p>
      </div>
      <StockStepper product={product} />
      <button type="button" className="button" aria-expanded={editing} onClick={() => setEditing(!editing)}>
        Edit<span className="sr-only"> {product.title}</span>
      </button>
      {editing && <Editor product={product} done={() => setEditing(false)} />}
    </li>
  );
}

function StockStepper({ product }: { product: Product }) {
  const adjust = useAdjustStock();
  const [by, setBy] = useState("10");
  const delta = Number(by);
  const add = (sign: number) => () => adjust.mutate({ name: product.name, delta: sign * delta, requestId: uuid() });
  const valid = Number.isInteger(delta) && delta > 0 && !adjust.isPending;
  return (
    <div className="stock-stepper" role="group" aria-label={`Stock of ${product.title}`}>
      <strong className={product.inStock ? "" : "stock-none"}>{count(product.stockQuantity)}</strong>
      <input aria-label="Units" inputMode="numeric" value={by} onChange={(event) => setBy(event.target.value)} />
      <button
        type="button"
        className="button"
        disabled={!valid || delta > Number(product.stockQuantity)}
        onClick={add(-1)}
      >
        Take
      </button>
      <button type="button" className="button" disabled={!valid} onClick={add(1)}>
        Add
      </button>
    </div>
  );
}

function Editor({ product, done }: { product: Product; done: () => void }) {
  const update = useUpdateProduct();
  const currency = product.price?.currencyCode ?? "EUR";
  const [title, setTitle] = useState(product.title);
  const [price, setPrice] = useState(product.price ? String(amount(product.price)) : "");
  const read = price.trim() ? parseMoney(price, currency) : undefined;
  return (
    <form
      className="stock-editor"
      onSubmit={(event) => {
        event.preventDefault();
        if (read !== null) update.mutate({ product, title, price: read }, { onSuccess: done });
      }}
    >
      <Field label="Title" required maxLength={1000} value={title} onChange={(event) => setTitle(event.target.value)} />
      <Field
        label={`Price in ${currency}`}
        inputMode="decimal"
        value={price}
        problem={read === null ? "Write it as 12.90" : undefined}
        onChange={(event) => setPrice(event.target.value)}
      />
      <button type="submit" className="button button-main" disabled={update.isPending}>
        Save
      </button>
    </form>
  );
}
