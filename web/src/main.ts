import "@fontsource-variable/figtree";
import "@/styles/tokens.css";
import "@/styles/base.css";
import "@/styles/controls.css";
import "@/styles/layout.css";
import "@/styles/products.css";
import "@/styles/pages.css";

import { askEarly } from "@/early";
import { token } from "@/lib/session";

// Who calls is asked before the page is drawn: everything personal waits for it. Failing is shown where it matters.
token().catch(() => undefined);
askEarly(location);

// A page that was open while the shop was built anew asks for a part that is gone: the new page has its own. Without a
// network nothing is gone, and there is no new page either.
addEventListener("vite:preloadError", () => {
  if (navigator.onLine) location.reload();
});

void import("@/app/start");
