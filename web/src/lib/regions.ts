// Where the shop sends to.

export const REGIONS = ["AT", "BE", "CH", "DE", "DK", "ES", "FR", "GB", "IE", "IT", "NL", "NO", "PL", "PT", "SE", "US"];

/** The country's name in the shopper's language. */
export const countryName = (region: string): string =>
  new Intl.DisplayNames(navigator.language, { type: "region" }).of(region) ?? region;
