// What a person chose for this browser: it is sent with what they ask for, and the shop keeps none of it but the region of
// events. It holds for all that is searched for, and not for one address, which may be given to others. Logging out forgets
// it: the next one here may be somebody else, and younger.

import { keep, kept } from "@/lib/kept";

export interface Choices {
  /** CLDR code of the region that products have to be sold in; empty for any. */
  region: string;
  /** Years that they said they have at least: what has a higher age limit stays hidden; 0 for nothing said. */
  age: number;
  /** Whether their history is to have no part in the order of what they search for. */
  impersonal: boolean;
}

const NONE: Choices = { region: "", age: 0, impersonal: false };
const BROWSER = "browser";

/** What can be said of an age: the limits that laws know. */
export const AGES: readonly number[] = [18, 21];

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
export const audience = ({ region, age }: Choices): { region?: string; age?: number } => ({
  ...(region && { region }),
  ...(age > 0 && { age }),
});
