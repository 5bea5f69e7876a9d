import type { ReactNode } from "react";

import { ApiError } from "@/lib/http";

/** What to show where there is nothing else to show. */
export function Notice({ title, children }: { title?: string; children?: ReactNode }) {
  return (
    <div className="notice">
      {title && <p className="notice-title">{title}</p>}
      {children}
    </div>
  );
}

/** What to show instead of content that could not be read: what was wrong, and the way to try again. */
export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  const message = error instanceof Error ? error.message : "Something went wrong.";
  return (
    <div className="notice notice-bad" role="alert">
      <p>{message}</p>
      {again && (
        <button type="button" className="button" onClick={again}>
          Try again
        </button>
      )}
      {error instanceof ApiError && error.requestId && <p className="small">Request {error.requestId}</p>}
    </div>
  );
}
