import "@fontsource-variable/figtree";
import "@/styles/tokens.css";
import "@/styles/base.css";
import "@/styles/controls.css";
import "@/styles/layout.css";
import "@/styles/products.css";
import "@/styles/pages.css";

import { askEarly } from "@/early";
import { token } from "@/lib/session";

const RELOADED = "aisle.reloaded";
const RELOAD_AGAIN_MS = 30_000;
const PATIENCE_MS = 500;

// Who calls is asked before the page is drawn: everything personal waits for it. Failing is shown where it matters.
token().catch(() => undefined);
const drawn = askEarly(location);

// A page that was open while the shop was built anew asks for a part that is gone: the new page has its own. Without a
// network nothing is gone, and there is no new page either. One that cannot be had is not asked for again and again.
addEventListener("vite:preloadError", () => {
  const before = Number(sessionStorage.getItem(RELOADED));
  if (!navigator.onLine || Date.now() - before < RELOAD_AGAIN_MS) return;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
});

// A slow phone computes for a second before the page's own script has drawn anything: the products that are here by then
// are shown first. A shop that is slow to answer does not hold the page up.
const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
const seen = drawn.then(frame).then(frame);
void Promise.race([seen, patience]).then(() => import("@/app/start"));
