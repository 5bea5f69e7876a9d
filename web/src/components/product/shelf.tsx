import { useEffect, useId, useRef, useState, type ReactNode } from "react";

import { CardSkeletons } from "@/components/product/card";
import { Icon } from "@/components/ui/icon";

interface Properties {
  title: ReactNode;
  note?: ReactNode;
  waiting?: boolean;
  children?: ReactNode;
  level?: 2 | 3;
  id?: string;
}

/** A row of cards that scrolls sideways, by touch, wheel, keyboard or its arrows. */
export function Shelf({ title, note, waiting = false, children, id }: Properties) {
  const heading = useId();
  const list = useRef<HTMLDivElement>(null);
  const [ends, setEnds] = useState({ left: true, right: false });
  useEffect(() => {
    const row = list.current;
    if (!row) return;
    const look = () =>
      setEnds({ left: row.scrollLeft < 8, right: row.scrollLeft + row.clientWidth > row.scrollWidth - 8 });
    const resized = new ResizeObserver(look);
    resized.observe(row);
    row.addEventListener("scroll", look, { passive: true });
    return () => {
      resized.disconnect();
      row.removeEventListener("scroll", look);
    };
  }, [waiting]);
  const scroll = (direction: number) => list.current?.scrollBy({ left: direction * list.current.clientWidth * 0.85 });
  return (
    <section className="shelf" aria-labelledby={heading} aria-busy={waiting} data-shelf={id}>
      <div className="shelf-head">
        <div>
          <h2 id={heading}>{title}</h2>
          {note && <p className="shelf-note">{note}</p>}
        </div>
        <div className={ends.left && ends.right ? "arrows arrows-none" : "arrows"}>
          <button
            type="button"
            className="icon-button"
            aria-label="Back"
            disabled={ends.left}
            onClick={() => scroll(-1)}
          >
            <Icon name="left" />
          </button>
          <button
            type="button"
            className="icon-button"
            aria-label="More"
            disabled={ends.right}
            onClick={() => scroll(1)}
          >
            <Icon name="right" />
          </button>
        </div>
      </div>
      <div className="row" ref={list}>
        {waiting ? <CardSkeletons number={8} /> : children}
      </div>
    </section>
  );
}
