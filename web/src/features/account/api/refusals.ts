// What the shop says against what was typed, by the field that it concerns.

import { ApiError } from "@/lib/http";

/** The field of a password that somebody has to know; a wrong one is refused as a whole, without a field. */
export const CURRENT_PASSWORD = "current_password";

/** What is wrong with a field, by its name in the contract; undefined where that is nothing. */
export function problemOf(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (field === CURRENT_PASSWORD && error.reason === "CREDENTIALS_REFUSED") return error.message;
  return error.violations.find((one) => one.field === field)?.description;
}

/** What is wrong where none of these fields is. */
export const otherProblem = (error: Error | null, ...fields: string[]): string | undefined =>
  fields.some((field) => problemOf(error, field)) ? undefined : error?.message;
