// The purchase that is under way in this tab. Asked again, after a reload too, it is the same one and makes one order.

import { uuid } from "@/lib/ids";
import { forget, keep, kept } from "@/lib/kept";

interface Attempt {
  purchase: string;
  requestId: string;
}

/** The request id of a purchase: the one it was asked with before, or a new one. */
export function attemptAt(subject: string, purchase: unknown): string {
  const asked = JSON.stringify(purchase);
  const before = kept(subject, "checkout") as Attempt | undefined;
  const requestId = before?.purchase === asked ? before.requestId : uuid();
  keep(subject, "checkout", { purchase: asked, requestId });
  return requestId;
}

/** The next purchase is another one, also if it looks the same: what was asked for is settled. */
export const forgetAttempt = (): void => forget("checkout");
