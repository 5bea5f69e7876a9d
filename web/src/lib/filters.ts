// The filter grammar of the API, written from choices.

/** A string as the grammar quotes it. */
export const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;

/** `field = "a" OR field = "b"`; empty without values. */
export function anyOf(field: string, values: readonly string[] = []): string {
  const parts = values.map((value) => `${field} = ${quoted(value)}`);
  return parts.length > 1 ? `(${parts.join(" OR ")})` : parts.join("");
}

/** All parts together; empty ones are left out. */
export const allOf = (...parts: (string | false | undefined)[]): string => parts.filter(Boolean).join(" AND ");
