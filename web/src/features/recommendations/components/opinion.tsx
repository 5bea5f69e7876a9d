import { useState } from "react";

import { Icon } from "@/components/ui/icon";
import { recordFollowed } from "@/lib/events";
import { say } from "@/lib/toasts";

type Opinion = "LIKE" | "DISLIKE";

/** Tells the shop whether the shopper likes a product; what is recommended next follows it. */
export function Opinion({ product }: { product: string }) {
  const [opinion, setOpinion] = useState<Opinion>();
  const tell = (kind: Opinion, words: string) => () => {
    if (opinion === kind) return;
    setOpinion(kind);
    recordFollowed(kind, product);
    say(words);
  };
  return (
    <>
      <button
        type="button"
        className="button button-quiet"
        aria-pressed={opinion === "LIKE"}
        onClick={tell("LIKE", "Noted: more like this.")}
      >
        <Icon name="heart" /> Like
      </button>
      <button
        type="button"
        className="button button-quiet"
        aria-pressed={opinion === "DISLIKE"}
        onClick={tell("DISLIKE", "Noted: less like this.")}
      >
        <Icon name="dislike" /> Not for me
      </button>
    </>
  );
}
