import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { Link, useRouter, type ErrorComponentProps } from "@tanstack/react-router";

import { Failure, Notice } from "@/components/ui/notice";
import { useTitle } from "@/lib/title";

/** What stands where a page will be. */
export function RouteWaiting() {
  return (
    <div className="wrap page" aria-busy="true">
      <span className="sr-only" role="status">
        Loading
      </span>
      <div className="skeleton skeleton-title" />
      <div className="skeleton skeleton-block" />
    </div>
  );
}

/** What stands where a page could not be drawn. */
export function RouteFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const queries = useQueryErrorResetBoundary();
  useTitle("Not shown");
  const again = () => {
    queries.reset();
    reset();
    void router.invalidate();
  };
  return (
    <div className="wrap page">
      <h1>This page could not be shown</h1>
      <Failure error={error} again={again} />
    </div>
  );
}

/** What stands where a product was. */
export function ProductGone() {
  useTitle("Not in the shop");
  return (
    <div className="wrap page">
      <h1>This is not in the shop any more</h1>
      <Notice>
        <p>It may have been taken out, or the address has a mistake in it.</p>
        <Link to="/" className="button">
          Look around
        </Link>
      </Notice>
    </div>
  );
}
