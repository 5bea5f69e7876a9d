import { useDeferredValue, useCallback, useState, type ReactNode } from "react";
import { beforeEach, expect, test, vi } from "vitest";

import { useEndless } from "@/lib/seen";
import { eventually, leave, render } from "./support/shop";

type Callback = (entries: { isIntersecting: boolean }[]) => void;

const PAGE = 20;
// So many products fill a wide screen and what is read ahead of it.
const FILLED = 35;
const ROW_MS = 3;

// The end is near as long as the products that are drawn do not fill the screen.
vi.stubGlobal(
  "IntersectionObserver",
  class {
    private timer: ReturnType<typeof setTimeout> | undefined;
    constructor(private callback: Callback) {}
    observe() {
      this.timer = setTimeout(() => this.callback([{ isIntersecting: drawn() < FILLED }]));
    }
    disconnect() {
      clearTimeout(this.timer);
    }
  },
);

const drawn = () => document.querySelectorAll("article").length;

function work(): void {
  const began = performance.now();
  while (performance.now() - began < ROW_MS);
}

/** A product that takes a while to draw, as on a phone. */
function Slow(): ReactNode {
  work();
  return <article />;
}

/** A list of as many pages as are asked for, each there at once and drawn in slices. */
function List({ asked }: { asked: number[] }): ReactNode {
  const [pages, setPages] = useState(1);
  const [isReading, setReading] = useState(false);
  const more = useCallback(() => {
    asked.push(drawn());
    setReading(true);
    setTimeout(() => {
      setPages((before) => before + 1);
      setReading(false);
    });
  }, [asked]);
  const end = useEndless<HTMLDivElement>(more, !isReading, pages);
  const products = useDeferredValue(pages, 0) * PAGE;
  return (
    <>
      {Array.from({ length: products }, (_, index) => (
        <Slow key={index} />
      ))}
      <div ref={end} />
    </>
  );
}

vi.setConfig({ testTimeout: 30_000 });
beforeEach(leave);

test("a page is asked for when the one before is drawn and the end is near still", async () => {
  const asked: number[] = [];
  render(<List asked={asked} />);
  await eventually(() => expect(drawn()).toBeGreaterThanOrEqual(FILLED));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(asked).toEqual([PAGE]);
});
