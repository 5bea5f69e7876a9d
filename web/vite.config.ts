import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { besideEntry, input, output } from "./chunks";

const gateway = process.env["AISLE_GATEWAY"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), besideEntry()],
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  // `npm run dev` beside a shop that is up: the page from here, the API from there.
  server: { proxy: { "/v1": gateway } },
  build: {
    // The page's policy lets nothing be loaded from data: addresses.
    assetsInlineLimit: 0,
    // The folder is swapped as a whole by local/web.py; see there.
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    rolldownOptions: { input, output },
  },
});
