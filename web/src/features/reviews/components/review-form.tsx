import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState } from "react";

import { deleteReview, ownReviewsQuery, saveReview, type Draft, type Review } from "@/features/reviews/api/reviews";
import { AskedFirst } from "@/components/ui/asked-first";
import { Field } from "@/components/ui/field";
import { Icon } from "@/components/ui/icon";
import { isShopper } from "@/lib/session";
import { say } from "@/lib/toasts";
import { useSession } from "@/lib/use-session";

/** Takes a buyer's review of a product, changes it, or deletes it. */
export function ReviewForm({ product }: { product: string }) {
  const shopper = isShopper(useSession());
  const own = useQuery({ ...ownReviewsQuery, enabled: shopper });
  const existing = own.data?.find((review) => review.name.startsWith(`${product}/`));
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const before = useRef(open);
  useEffect(() => {
    if (before.current && !open) button.current?.focus();
    before.current = open;
  }, [open]);
  if (!shopper || !own.data) return null;
  if (!open) {
    return (
      <button ref={button} type="button" className="button" onClick={() => setOpen(true)}>
        {existing ? "Change your review" : "Write a review"}
      </button>
    );
  }
  return <Form product={product} existing={existing} done={() => setOpen(false)} />;
}

function Form({ product, existing, done }: { product: string; existing: Review | undefined; done: () => void }) {
  const client = useQueryClient();
  const text = useId(); // an order's page may have a form for each of its products
  const [draft, setDraft] = useState<Draft>({
    rating: existing?.rating ?? 0,
    title: existing?.title ?? "",
    text: existing?.text ?? "",
    authorDisplayName: existing?.authorDisplayName ?? "",
  });
  const settled = (words: string) => () => {
    for (const queryKey of [["reviews", product], ["product", product], ownReviewsQuery.queryKey]) {
      void client.invalidateQueries({ queryKey });
    }
    say(words);
    done();
  };
  const save = useMutation({
    mutationFn: () => saveReview(product, draft, existing),
    onSuccess: settled("Thank you: your review is there."),
  });
  const remove = useMutation({
    mutationFn: (review: Review) => deleteReview(review),
    onSuccess: settled("Your review is gone."),
  });
  const form = useRef<HTMLFormElement>(null);
  // The button that opened it is gone: the keyboard goes on here.
  useEffect(() => {
    const of = (rating: string) => form.current?.querySelector<HTMLElement>(rating);
    (of("input:checked") ?? of("input"))?.focus();
  }, []);
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const error = save.error ?? remove.error;
  return (
    <form
      ref={form}
      className="form review-form"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Rating value={draft.rating} change={(rating) => change({ rating })} />
      <Field label="Headline" maxLength={200} value={draft.title} onChange={(e) => change({ title: e.target.value })} />
      <div className="field">
        <label htmlFor={text}>What should others know?</label>
        <textarea
          id={text}
          rows={4}
          maxLength={20_000}
          value={draft.text}
          onChange={(e) => change({ text: e.target.value })}
        />
      </div>
      <Field
        label="Name to show"
        maxLength={200}
        value={draft.authorDisplayName}
        onChange={(e) => change({ authorDisplayName: e.target.value })}
      />
      {error && (
        <p className="problem" role="alert">
          {error.message}
        </p>
      )}
      <div className="actions">
        <button type="submit" className="button button-main" disabled={!draft.rating || save.isPending}>
          {existing ? "Save" : "Publish"}
        </button>
        <button type="button" className="button" onClick={done}>
          Cancel
        </button>
        {existing && (
          <AskedFirst words="Delete" question="Delete your review? This cannot be undone.">
            {(keep) => (
              <div className="actions">
                <button
                  type="button"
                  className="button button-danger"
                  onClick={() => !remove.isPending && remove.mutate(existing)}
                >
                  Yes, delete it
                </button>
                <button type="button" className="button" onClick={keep}>
                  Keep it
                </button>
              </div>
            )}
          </AskedFirst>
        )}
      </div>
    </form>
  );
}

function Rating({ value, change }: { value: number; change: (value: number) => void }) {
  return (
    <fieldset className="rating">
      <legend>Your rating</legend>
      {[1, 2, 3, 4, 5].map((mark) => (
        <label key={mark} className={mark <= value ? "mark mark-on" : "mark"}>
          <input
            type="radio"
            className="sr-only"
            name="rating"
            value={mark}
            checked={value === mark}
            onChange={() => change(mark)}
          />
          <Icon name="star" size={28} />
          <span className="sr-only">{mark === 1 ? "1 star" : `${mark} stars`}</span>
        </label>
      ))}
    </fieldset>
  );
}
