import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";

import { Icon } from "@/components/ui/icon";
import { isShopper } from "@/lib/session";
import { useSession } from "@/lib/use-session";

const OwnMenu = lazy(() => import("@/app/own-menu"));

/** Log-in for visitors; a menu of their own for everybody else. */
export function AccountMenu() {
  if (isShopper(useSession())) {
    return (
      <Suspense fallback={<Waiting />}>
        <OwnMenu />
      </Suspense>
    );
  }
  return (
    <Link to="/log-in" className="icon-link">
      <Icon name="account" />
      <span className="icon-label">Log in</span>
    </Link>
  );
}

function Waiting() {
  return (
    <span className="icon-link">
      <Icon name="account" />
    </span>
  );
}
