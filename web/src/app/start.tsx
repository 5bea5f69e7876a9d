import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, startTransition } from "react";
import { createRoot } from "react-dom/client";

import { router } from "@/app/router";
import { queryClient } from "@/lib/query";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
// A transition is drawn in slices: a slow phone answers to touch in between.
startTransition(() => {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
});
