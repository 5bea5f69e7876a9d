import { useMutation, useQueryClient } from "@tanstack/react-query";

import { cancelOrder, orderQuery } from "@/features/orders/api/orders";
import { AskedFirst } from "@/components/ui/asked-first";
import { say, sayError } from "@/lib/toasts";

/** Cancels an order that was paid and not sent yet, once the shopper has said again that it is meant. */
export function Cancellation({ id }: { id: string }) {
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => cancelOrder(id),
    onSuccess: (changed) => {
      client.setQueryData(orderQuery(id).queryKey, changed);
      say("The order is cancelled. Your money goes back.");
    },
    onError: (error) => {
      sayError(error);
      // It may have been sent meanwhile, or only the answer was lost.
      void client.invalidateQueries({ queryKey: orderQuery(id).queryKey });
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ["mine", "orders"] }),
  });
  return (
    <AskedFirst
      words="Cancel the order"
      question="Cancel the whole order? Your money goes back. This cannot be undone."
    >
      {(keep) => (
        <div className="actions">
          {/* Not disabled meanwhile: the keyboard would lose its place. */}
          <button type="button" className="button button-danger" onClick={() => !cancel.isPending && cancel.mutate()}>
            {cancel.isPending ? "Cancelling…" : "Yes, cancel it"}
          </button>
          <button type="button" className="button" onClick={keep}>
            Keep the order
          </button>
        </div>
      )}
    </AskedFirst>
  );
}
