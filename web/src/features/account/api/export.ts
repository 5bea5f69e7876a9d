import { call } from "@/lib/session";

const LARGEST_PAGE = 1000;

/** Everything that the shop answers about the account, as the API gives it. */
export async function exportAccount(): Promise<Blob> {
  const [account, preferences, events, orders, reviews] = await Promise.all([
    call("GET", "/v1/users/me"),
    call("GET", "/v1/users/me/preferences"),
    all("/v1/users/me/userEvents", "userEvents"),
    all("/v1/users/me/orders", "orders"),
    all("/v1/users/me/reviews", "reviews"),
  ]);
  const text = JSON.stringify({ account, preferences, events, orders, reviews }, null, 1);
  return new Blob([text], { type: "application/json" });
}

async function all(path: string, field: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let pageToken: string | undefined = ""; pageToken !== undefined;) {
    const page: Record<string, unknown> = await call("GET", path, { query: { pageSize: LARGEST_PAGE, pageToken } });
    found.push(...(page[field] as unknown[]));
    pageToken = (page.nextPageToken as string) || undefined;
  }
  return found;
}

/** Gives the reader a file. */
export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}
