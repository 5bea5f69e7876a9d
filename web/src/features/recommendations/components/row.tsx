import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, type ReactNode } from "react";

import { rowQuery, type Ask, type Reply } from "@/features/recommendations/api/recommend";
import { degradation, usualReason } from "@/features/recommendations/words";
import { ProductCard } from "@/components/product/card";
import { Shelf } from "@/components/product/shelf";
import { Failure, Notice } from "@/components/ui/notice";
import { chosen } from "@/lib/choices";
import type { Source } from "@/lib/events";
import { useGradually } from "@/lib/gradually";
import { useNear } from "@/lib/seen";
import type { Product } from "@/lib/types";
import { useChoices } from "@/lib/use-choices";

const IN_SIGHT = 6;

interface Properties {
  ask: Ask;
  title: (reply: Reply | undefined) => ReactNode;
  note?: (reply: Reply) => ReactNode;
  /** A row that may be left out is not shown while it is empty or fails. */
  optional?: boolean;
  /** Whether its pictures are in sight when the page opens. */
  first?: boolean;
  id: string;
  /** What can be done with a product where it stands. */
  action?: Action | undefined;
}

type Action = (product: Product, source: Source) => ReactNode;

/** A row of recommendations that follows what the shopper does. */
export function RecommendationRow(properties: Properties) {
  const client = useQueryClient();
  // Who comes back to the page finds it as high as it was.
  const [ref, near] = useNear<HTMLDivElement>(() => !!client.getQueryData(rowQuery(properties.ask, chosen()).queryKey));
  return <div ref={ref}>{near || properties.first ? <Row {...properties} /> : <Ahead />}</div>;
}

/** The place of a row that nobody has asked for yet: without it all of them would be near at once. */
const Ahead = () => <div className="row-ahead" />;

function Row({ ask, title, note, optional, first, id, action }: Properties) {
  const { data: newest, error, refetch } = useQuery(rowQuery(ask, useChoices()));
  // Twenty cards are drawn in slices, and what the shopper does meanwhile comes first.
  const data = useDeferredValue(newest);
  if (optional && (error || data?.results.length === 0)) return null;
  if (error && !data) {
    return (
      <Shelf title={title(undefined)} id={id}>
        <Failure error={error} again={() => void refetch()} />
      </Shelf>
    );
  }
  if (!data) return optional ? <Ahead /> : <Shelf title={title(undefined)} note=" " waiting id={id} />;
  return (
    <>
      <Shelf title={title(data)} note={note?.(data)} id={id}>
        {data.results.length > 0 ? (
          <Cards reply={data} eager={first ? IN_SIGHT : 0} action={action} />
        ) : (
          <Notice>There is nothing to show here yet.</Notice>
        )}
      </Shelf>
      {data.degraded.length > 0 && (
        <p className="degraded" role="status">
          {degradation(data)}
        </p>
      )}
    </>
  );
}

/** The products of a reply; what sets one apart from the rest is said on its card. */
export function Cards({
  reply,
  eager = 0,
  from = 1,
  action,
}: {
  reply: Reply;
  eager?: number;
  from?: number;
  action?: Action | undefined;
}) {
  const usual = usualReason(reply);
  const number = useGradually(reply.results.length, IN_SIGHT);
  return reply.results.slice(0, number).map(({ product, details, explanation }, index) => {
    const why = explanation?.reason;
    const source = { attributionToken: reply.attributionToken, position: from + index, why };
    const shown = details ?? { name: product, title: product };
    return (
      <ProductCard
        key={product}
        product={shown}
        source={source}
        action={action?.(shown, source)}
        eager={index < eager}
        note={why === usual ? undefined : why}
      />
    );
  });
}
