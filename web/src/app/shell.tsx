import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Suspense, useEffect, useRef } from "react";

import { AccountMenu } from "@/app/account-menu";
import { AudienceChoices } from "@/app/audience";
import { RouteWaiting } from "@/app/pending";
import { refocus } from "@/early-cards";
import { CartButton } from "@/features/cart/components/cart-button";
import { SearchBox } from "@/features/search/components/search-box";
import { ConnectionBar } from "@/components/ui/connection-bar";
import { Toaster } from "@/components/ui/toaster";

/** What stands around every page. */
export function Shell() {
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const before = useRef(path);
  useEffect(() => {
    // A new page is read from its start: keyboards and screen readers go there as the eye does.
    if (before.current && before.current !== path) main.current?.focus({ preventScroll: true });
    before.current = path;
  }, [path]);
  useEffect(() => {
    if (main.current) refocus(main.current);
  }, []);
  return (
    <>
      <a className="skip" href="#main">
        To the content
      </a>
      <ConnectionBar />
      <header className="top">
        <div className="wrap top-line">
          <Link to="/" className="brand" aria-label="Aisle, to the start">
            <svg viewBox="0 0 32 32" aria-hidden="true">
              <rect className="brand-tile" width="32" height="32" rx="9" />
              <path className="brand-mark" d="M8.500 24 16 7.500 23.500 24M11.600 18h8.800" />
            </svg>
            <span className="brand-name">Aisle</span>
          </Link>
          <SearchBox />
          <nav className="top-actions" aria-label="You">
            <AccountMenu />
            <CartButton />
          </nav>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <Suspense fallback={<RouteWaiting />}>
          <Outlet />
        </Suspense>
      </main>
      <footer className="foot">
        <div className="wrap foot-line">
          <AudienceChoices />
          <p>Aisle learns from what you look at, like and buy here. Nothing leaves this shop.</p>
          <p>
            <a href="/docs">API</a> <a href="/openapi.json">OpenAPI</a>
          </p>
        </div>
      </footer>
      <Toaster />
    </>
  );
}
