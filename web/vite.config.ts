import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const gateway = process.env["AISLE_GATEWAY"] ?? "http://127.0.0.1:8080";

// The entry is small and asks early; the page itself is fetched beside it, not after it has run, and lets styles and what
// the entry asks for go first.
const PAGE = "/src/app/start.tsx";

function pageBesideEntry(): Plugin {
  return {
    name: "page-beside-entry",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((one) => one.type === "chunk");
        const page = chunks.find((chunk) => chunk.facadeModuleId?.endsWith(PAGE));
        if (!page) throw new Error(`no chunk begins with ${PAGE}`);
        const wanted = [page.fileName, ...page.imports].filter((name) => !html.includes(name));
        return wanted.map((name) => ({
          tag: "link",
          attrs: { rel: "modulepreload", crossorigin: true, fetchpriority: "low", href: `/${name}` },
          injectTo: "head" as const,
        }));
      },
    },
  };
}

export default defineConfig({
  plugins: [react(), pageBesideEntry()],
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  // `npm run dev` beside a shop that is up: the page from here, the API from there.
  server: { proxy: { "/v1": gateway } },
  build: {
    // The page's policy lets nothing be loaded from data: addresses.
    assetsInlineLimit: 0,
    // The folder is swapped as a whole by local/web.py; see there.
    emptyOutDir: true,
    modulePreload: { polyfill: false },
  },
});
