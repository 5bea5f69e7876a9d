import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { BUY, checkOut, type Address, type Order, type Purchase } from "@/features/orders/api/orders";
import { Choice, Field } from "@/components/ui/field";
import { forgetAttempt } from "@/lib/attempt";
import { chosen } from "@/lib/choices";
import { ApiError } from "@/lib/http";
import { uuid } from "@/lib/ids";
import { forget, keep, kept } from "@/lib/kept";
import { countryName, REGIONS } from "@/lib/regions";
import { current } from "@/lib/session";

// What the test provider understands. Another provider brings its own fields, and gives a token for them.
const PAYMENTS = [
  ["test-approved", "Test payment: goes through"],
  ["test-declined", "Test payment: is declined"],
  ["test-lost-answer", "Test payment: goes through, but the answer is lost"],
] as const;

interface Properties {
  /** The cart as the shopper saw it: the purchase agrees to these prices. */
  etag: string;
  purchasable: boolean;
  total: string;
  done: (order: Order) => void;
}

/** Asks where to and how it is paid, and buys. */
export function CheckoutForm({ etag, purchasable, total, done }: Properties) {
  const client = useQueryClient();
  const [address, setAddress] = useState(remembered);
  // Who looks something up before they buy comes back to what they had typed.
  const write = (part: Partial<Address>) => {
    const written = { ...address, ...part };
    setAddress(written);
    keep(current().subject, "draft", written);
  };
  const [payment, setPayment] = useState<string>(PAYMENTS[0][0]);
  const buy = useMutation({
    mutationKey: BUY,
    // The etag is of the cart that was seen when it was pressed, and not of what came while it waited its turn.
    mutationFn: (purchase: Purchase) => {
      keep(current().subject, "address", address);
      forget("draft");
      return checkOut(purchase);
    },
    // What the cart was a moment ago, or is by now, takes nothing away while it is bought: not what says how that went.
    onMutate: () => client.cancelQueries({ queryKey: ["mine", "cart"] }),
    scope: { id: "cart" }, // after the changes of the cart
    onSuccess: (order) => {
      forget("draft"); // what was typed while the shop bought
      void client.invalidateQueries({ queryKey: ["mine"] });
      done(order);
    },
    onError: async (error) => {
      if (!(error instanceof ApiError) || error.passing) return;
      forgetAttempt();
      // The next press agrees to a cart that has been shown.
      await client.invalidateQueries({ queryKey: ["mine", "cart"] });
    },
  });
  const purchase = (): Purchase => {
    const addressLines = address.addressLines.map((line) => line.trim()).filter(Boolean);
    return { etag, paymentToken: payment, shippingAddress: { ...address, addressLines } };
  };
  const input = (name: "recipient" | "city" | "postalCode") => ({
    value: address[name],
    onChange: (event: { target: { value: string } }) => write({ [name]: event.target.value }),
  });
  const line = (index: number) => ({
    value: address.addressLines[index] ?? "",
    onChange: (event: { target: { value: string } }) =>
      write({
        addressLines: [0, 1].map((at) => (at === index ? event.target.value : (address.addressLines[at] ?? ""))),
      }),
  });
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        buy.mutate(purchase());
      }}
    >
      <fieldset className="form">
        <legend>Where does it go?</legend>
        <Field label="Name" autoComplete="name" required maxLength={200} {...input("recipient")} />
        <Field label="Street and number" autoComplete="address-line1" required maxLength={200} {...line(0)} />
        <Field label="More, if needed" autoComplete="address-line2" maxLength={200} {...line(1)} />
        <div className="form-pair">
          <Field label="Postal code" autoComplete="postal-code" maxLength={20} {...input("postalCode")} />
          <Field label="City" autoComplete="address-level2" required maxLength={200} {...input("city")} />
        </div>
        <Choice
          label="Country"
          autoComplete="country"
          value={address.regionCode}
          onChange={(event) => write({ regionCode: event.target.value })}
        >
          {REGIONS.map((region) => (
            <option key={region} value={region}>
              {countryName(region)}
            </option>
          ))}
        </Choice>
      </fieldset>
      <fieldset className="form">
        <legend>How do you pay?</legend>
        <p className="small">This shop has the test provider: no money moves.</p>
        {PAYMENTS.map(([token, words]) => (
          <label key={token} className="check">
            <input
              type="radio"
              name="payment"
              value={token}
              checked={payment === token}
              onChange={() => setPayment(token)}
            />
            {words}
          </label>
        ))}
      </fieldset>
      {buy.error && <Refusal error={buy.error} />}
      <button
        type="submit"
        className="button button-main button-large button-wide"
        disabled={buy.isPending || !purchasable}
      >
        {buy.isPending ? "Buying…" : `Buy for ${total || "…"}`}
      </button>
    </form>
  );
}

function Refusal({ error }: { error: Error }) {
  const reason = error instanceof ApiError ? error.reason : "";
  return (
    <div className="problem" role="alert" key={uuid()}>
      {reason === "CART_CHANGED" ? (
        <p>Your cart is not what you saw any more. It shows now what it holds and costs: buy again if you agree.</p>
      ) : reason === "PAYMENT_DECLINED" ? (
        <p>The payment was declined, and nothing was taken. Choose another way to pay.</p>
      ) : (
        <p>{error.message}</p>
      )}
    </div>
  );
}

function remembered(): Address {
  const empty = { recipient: "", addressLines: ["", ""], postalCode: "", city: "", regionCode: guessedRegion() };
  const { subject } = current();
  return { ...empty, ...((kept(subject, "draft") ?? kept(subject, "address")) as Partial<Address> | undefined) };
}

function guessedRegion(): string {
  const region = new Intl.Locale(navigator.language).region ?? "";
  return chosen().region || (REGIONS.includes(region) ? region : "DE");
}
