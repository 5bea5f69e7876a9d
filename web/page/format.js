// Values as the shopper reads them.

const language = navigator.language || "en";
const numbers = new Intl.NumberFormat(language);

/** A google.type.Money in words; empty for a product without a price. */
export function money(value) {
  if (!value?.currencyCode) return "";
  // Thousandths of the currency are all that is shown, so that a double is exact enough.
  const amount = Number(value.units ?? 0) + (value.nanos ?? 0) / 1e9;
  try {
    return new Intl.NumberFormat(language, { style: "currency", currency: value.currencyCode }).format(amount);
  } catch {
    return `${numbers.format(amount)} ${value.currencyCode}`;
  }
}

/** By how much `price` is below `listPrice`, in whole percent; 0 when it is not. */
export function discount({ price, listPrice }) {
  const amount = (value) => Number(value?.units ?? 0) + (value?.nanos ?? 0) / 1e9;
  if (!price || !listPrice || amount(listPrice) <= amount(price)) return 0;
  return Math.round(100 * (1 - amount(price) / amount(listPrice)));
}

export const count = (value) => numbers.format(Number(value ?? 0));

export const rating = (value) => value.toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const date = (value) => new Date(value).toLocaleDateString(language, { dateStyle: "medium" });

/** The address of a picture at the width that a place of that many CSS pixels needs. */
export const pictureAt = (picture, width) => `${picture.uri}?width=${width}`;
