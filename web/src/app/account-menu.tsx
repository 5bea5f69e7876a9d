import { Link, useRouterState } from "@tanstack/react-router";
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
  return <LogIn />;
}

/** Leads to the log-in, and from there back to where one was. */
function LogIn() {
  const here = useRouterState({ select: ({ location }) => location.href });
  const back = /^\/($|log-in|sign-up)/.test(here) ? undefined : here;
  return (
    <Link to="/log-in" search={{ back }} className="icon-link">
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
