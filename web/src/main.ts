import "@fontsource-variable/figtree";
import "@/styles/tokens.css";
import "@/styles/base.css";
import "@/styles/buttons.css";
import "@/styles/forms.css";
import "@/styles/feedback.css";
import "@/styles/overlays.css";
import "@/styles/layout.css";
import "@/styles/products.css";
import "@/styles/home.css";
import "@/styles/product-page.css";
import "@/styles/search.css";
import "@/styles/orders.css";
import "@/styles/account.css";
import "@/styles/merchant.css";

import "@/who";

import { askEarly } from "@/early";
import { mayReload, sayUnstarted } from "@/recovery";
import { within } from "@/lib/within";

// While the answer is waited for, the page's own script is mostly on its way still; a shop that is slow to answer does not
// hold it up for longer than this.
const ANSWER_MS = 200;
const PICTURES_MS = 300;

// A page that was open while the shop was built anew asks for a part that is gone: the new page has its own.
addEventListener("vite:preloadError", () => {
  if (mayReload()) location.reload();
});

/** A slow phone computes for a second before the page's own script has drawn anything: the products that are here by
 * then are shown first. */
async function start(): Promise<void> {
  const drawn = await within(ANSWER_MS, askEarly(location));
  if (drawn) await within(PICTURES_MS, drawn.seen);
  await import("@/app/start");
}

start().catch(sayUnstarted);
