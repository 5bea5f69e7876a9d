// Where the shop sends to.

export const REGIONS = ["AT", "BE", "CH", "DE", "DK", "ES", "FR", "GB", "IE", "IT", "NL", "NO", "PL", "PT", "SE", "US"];

/** The country's name in the shopper's language; the code itself where it is nobody's. */
export function countryName(region: string): string {
  try {
    return new Intl.DisplayNames(navigator.language, { type: "region" }).of(region) ?? region;
  } catch {
    return region;
  }
}
