import "@fontsource-variable/figtree";
import "@/styles/tokens.css";
import "@/styles/base.css";
import "@/styles/controls.css";
import "@/styles/layout.css";
import "@/styles/products.css";
import "@/styles/pages.css";

import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { router } from "@/app/router";
import { queryClient } from "@/lib/query";
import { token } from "@/lib/session";

// Who calls is asked before the page is drawn: everything personal waits for it. Failing is shown where it matters.
token().catch(() => undefined);

// A page that was open while the shop was built anew asks for a part that is gone: the new page has its own.
addEventListener("vite:preloadError", () => location.reload());

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
