import { useEffect, useId, useLayoutEffect, useRef, useState, type ReactNode } from "react";

interface Properties {
  /** What the button says that asks. */
  words: string;
  /** Whether the button warns already. */
  danger?: boolean;
  /** What is asked, and what follows from a yes. */
  question: string;
  /** The ways to answer, the deed itself among them; `keep` leaves everything as it is. */
  children: (keep: () => void) => ReactNode;
}

/** A button for what cannot be taken back: a question comes in its place, which the keyboard goes to. Escape is a no. */
export function AskedFirst({ words, danger, question, children }: Properties) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const group = useRef<HTMLDivElement>(null);
  const before = useRef(open);
  useLayoutEffect(() => {
    const asked = group.current;
    // What was asked about may be done: whoever answered goes on at the page, as where another one comes.
    return () => {
      if (asked?.contains(document.activeElement)) document.getElementById("main")?.focus({ preventScroll: true });
    };
  }, [open]);
  useEffect(() => {
    // On neither answer: whoever pressed twice, or held the key, has answered nothing.
    if (before.current !== open) (open ? group : button).current?.focus();
    before.current = open;
    const leave = ({ key }: KeyboardEvent) => key === "Escape" && setOpen(false);
    const asked = group.current;
    asked?.addEventListener("keydown", leave);
    return () => asked?.removeEventListener("keydown", leave);
  }, [open]);
  if (!open) {
    const look = `button${danger ? " button-danger" : ""}`;
    return (
      <button ref={button} type="button" className={look} onClick={() => setOpen(true)}>
        {words}
      </button>
    );
  }
  return (
    <div ref={group} role="group" aria-labelledby={id} tabIndex={-1} className="asked">
      <p id={id}>{question}</p>
      {children(() => setOpen(false))}
    </div>
  );
}
