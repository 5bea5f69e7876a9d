import { Link } from "@tanstack/react-router";

import { Notice } from "@/components/ui/notice";
import { useTitle } from "@/lib/title";

/** The page of addresses that lead nowhere. */
export function NotFound() {
  useTitle("Not found");
  return (
    <div className="wrap page">
      <h1>Nothing here</h1>
      <Notice>
        <p>The address has a mistake in it, or what was here is gone.</p>
        <Link to="/" className="button">
          To the start
        </Link>
      </Notice>
    </div>
  );
}
