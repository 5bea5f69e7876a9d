// Values as the shopper reads them.

import type { MoneyJson } from "@contracts/google/type/money_pb";

const language = typeof navigator === "undefined" ? "en" : navigator.language || "en";
const numbers = new Intl.NumberFormat(language);

/** The amount as a number: thousandths of the currency are all that is shown, so that a double is exact enough. */
export const amount = (value?: MoneyJson): number => Number(value?.units ?? 0) + (value?.nanos ?? 0) / 1e9;

/** A google.type.Money in words; empty for a product without a price. */
export function money(value?: MoneyJson): string {
  if (!value?.currencyCode) return "";
  try {
    return new Intl.NumberFormat(language, { style: "currency", currency: value.currencyCode }).format(amount(value));
  } catch {
    return `${numbers.format(amount(value))} ${value.currencyCode}`;
  }
}

/** By how much `price` is below `listPrice`, in whole percent; 0 when it is not. */
export function discount(price?: MoneyJson, listPrice?: MoneyJson): number {
  if (!price || !listPrice || amount(listPrice) <= amount(price)) return 0;
  return Math.round(100 * (1 - amount(price) / amount(listPrice)));
}

/** An amount that a person typed, as Money; null when it is none. */
export function parseMoney(text: string, currencyCode: string): MoneyJson | null {
  const found = /^\s*(\d{1,12})(?:[.,](\d{1,3}))?\s*$/.exec(text);
  if (!found?.[1]) return null;
  return { currencyCode, units: found[1], nanos: Number((found[2] ?? "").padEnd(9, "0")) };
}

export const count = (value?: string | number): string => numbers.format(Number(value ?? 0));

/** How many products, in words. */
export const products = (value?: string | number): string =>
  `${count(value)} ${Number(value) === 1 ? "product" : "products"}`;

export const rating = (value: number): string =>
  value.toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const date = (value?: string): string =>
  value ? new Date(value).toLocaleDateString(language, { dateStyle: "medium" }) : "";

export const dateTime = (value?: string): string =>
  value ? new Date(value).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" }) : "";
