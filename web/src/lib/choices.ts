// What a person chose for this browser: it is sent with what they ask for, and the shop keeps none of it but the region of
// events. It holds for all that is searched for, and not for one address, which may be given to others. Logging out forgets
// it: the next one here may be somebody else, and younger.

import { keep, kept } from "@/lib/kept";

export interface Choices {
  /** CLDR code of the region that products have to be sold in; empty for any. */
  region: string;
  /** Whether they said that they are of age. */
  adult: boolean;
  /** Whether their history is to have no part in the order of what they search for. */
  impersonal: boolean;
}

const NONE: Choices = { region: "", adult: false, impersonal: false };
const BROWSER = "browser";
const OF_AGE = 18;

let choices: Choices | undefined;
const listeners = new Set<() => void>();

/** The choices now. */
export const chosen = (): Choices =>
  (choices ??= { ...NONE, ...(kept(BROWSER, "choices") as Partial<Choices> | undefined) });

/** Keeps some choices. */
export function choose(part: Partial<Choices>): void {
  choices = { ...chosen(), ...part };
  keep(BROWSER, "choices", choices);
  listeners.forEach((listener) => listener());
}

/** Calls back whenever something else is chosen. */
export function onChoice(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What a request for recommendations, results or completions says of whom it is for; what is not known is left out. */
export const audience = ({ region, adult }: Choices): { region?: string; age?: number } => ({
  ...(region && { region }),
  ...(adult && { age: OF_AGE }),
});
