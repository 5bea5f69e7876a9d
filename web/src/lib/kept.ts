// What this browser keeps for a person: where their orders go to, as they bought and as they are typing it, and the purchase
// under way. Nobody else is shown it. And of a product, where it was clicked: what is done on its page came of that, also
// when that page is loaded anew. And what was chosen for this browser, see choices.ts.

// The address and the choices outlive the tab; the others do not.
const STORES = {
  address: () => localStorage,
  checkout: () => sessionStorage,
  choices: () => localStorage,
  draft: () => sessionStorage,
  followed: () => sessionStorage,
};
const PERSONAL: readonly Name[] = ["address", "checkout", "draft"];

type Name = keyof typeof STORES;

interface Kept {
  subject: string;
  value: unknown;
}

const keyOf = (name: Name): string => `aisle.${name}`;

/** Keeps a value for a subject. */
export const keep = (subject: string, name: Name, value: unknown): void =>
  inStore(name, (store) => store.setItem(keyOf(name), JSON.stringify({ subject, value })));

/** What is kept for a subject; undefined when that is nothing, or somebody else's. */
export function kept(subject: string, name: Name): unknown {
  const found = read(name);
  return found?.subject === subject ? found.value : undefined;
}

/** Forgets what stays for a visitor who logs in, and not for who comes after an account. */
export function forgetBrowser(): void {
  forget("choices");
  forget("followed");
}

/** Forgets a value, whosever it is. */
export const forget = (name: Name): void => inStore(name, (store) => store.removeItem(keyOf(name)));

/** Forgets what is kept for anybody but this subject. */
export function forgetOthers(subject: string): void {
  for (const name of PERSONAL) {
    if (read(name)?.subject !== subject) forget(name);
  }
}

function read(name: Name): Kept | null {
  try {
    return JSON.parse(inStore(name, (store) => store.getItem(keyOf(name))) ?? "null") as Kept | null;
  } catch {
    return null;
  }
}

/** Undefined where the browser forbids the page to keep anything: the shop works without. */
function inStore<Result>(name: Name, work: (store: Storage) => Result): Result | undefined {
  try {
    return work(STORES[name]());
  } catch {
    return undefined;
  }
}
