// The filter grammar of the API, written from choices.

/** A string as the grammar quotes it. */
export const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;

/** `field = "a" OR field = "b"`; empty without values. */
export const anyOf = (field: string, values: readonly string[] = []): string =>
  oneOf(values.map((value) => `${field} = ${quoted(value)}`));

/** `field` in one of the bands: `10..20` holds what is at least 10 and below 20, and either end may be left open. */
export function inAnyOf(field: string, bands: readonly string[] = []): string {
  const parts = bands.map((band) => {
    const [low, high] = endsOf(band);
    return allOf(low !== undefined && `${field} >= ${low}`, high !== undefined && `${field} < ${high}`);
  });
  return oneOf(parts.length > 1 ? parts.map((part) => `(${part})`) : parts);
}

/** The ends of a band; undefined where it is open. */
export function endsOf(band: string): [low: number | undefined, high: number | undefined] {
  const [low, high] = band.split("..");
  return [low ? Number(low) : undefined, high ? Number(high) : undefined];
}

/** Whether a text is a band that holds something and not everything. */
export function isBand(text: string): boolean {
  const [low, high] = endsOf(text);
  const ends = [low, high].filter((end) => end !== undefined);
  return text.split("..").length === 2 && ends.length > 0 && ends.every(isAmount) && (low ?? 0) < (high ?? Infinity);
}

const isAmount = (number: number): boolean => Number.isFinite(number) && number >= 0;

const oneOf = (parts: readonly string[]): string => (parts.length > 1 ? `(${parts.join(" OR ")})` : parts.join(""));

/** All parts together; empty ones are left out. */
export const allOf = (...parts: (string | false | undefined)[]): string => parts.filter(Boolean).join(" AND ");
