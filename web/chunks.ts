// Which modules go into one file. Each file more costs a slow phone a round trip, and each byte before the first
// question delays the answer.

import { fileURLToPath } from "node:url";

import type { Plugin, Rolldown } from "vite";

// A first script asks who calls, and is much smaller than the entry, so that this is answered when the entry begins.
const FIRST = "who";
// The entry is small and asks early; the page itself is fetched beside it, not after it has run, and lets styles and what
// the entry asks for go first.
const PAGE = "page";
// Parts that a page of the same name needs, and a page that leads to it soon: they are fetched with the page, and run when
// they are shown.
const ROUTES = ["search", "product"];
// What the entry takes out of packages. By their indexes it would seem to need all of them.
const ENTRY_OF_PACKAGES = [
  /query-core.build.modern.(?!\w*[oO]bserver|hydration|streamedQuery)/,
  /react-query.build.modern.(queryOptions|infiniteQueryOptions)/,
  /router-core.dist.esm.(searchParams|qss)/,
];

const source = (path: string) => fileURLToPath(new URL(`src/${path}`, import.meta.url));

/** All modules that one needs before it can run, itself too. */
function needs(module: string, context: Rolldown.ChunkingContext, found = new Set<string>()): Set<string> {
  if (found.has(module)) return found;
  found.add(module);
  // Rolldown fills the same list anew at the next question.
  const imported = [...(context.getModuleInfo(module)?.importedIds ?? [])];
  for (const one of imported) needs(one, context, found);
  return found;
}

/** What the page needs and the entry does not is one file, whichever routes share parts of it. */
function pages(): Rolldown.CodeSplittingNameFunction {
  let entry: Set<string> | undefined;
  let page: Set<string> | undefined;
  return (module, context) => {
    entry ??= needs(source("main.ts"), context);
    page ??= needs(source("app/start.tsx"), context);
    const isPackage = module.includes("node_modules");
    const isEntrys = isPackage ? ENTRY_OF_PACKAGES.some((part) => part.test(module)) : entry.has(module);
    return page.has(module) && !isEntrys ? PAGE : null;
  };
}

export const input = ["index.html", source(`${FIRST}.ts`)];
export const output: Rolldown.OutputOptions = {
  codeSplitting: { groups: [{ name: pages(), debugName: PAGE, includeDependenciesRecursively: false }] },
};

/** Has index.html ask for the first script first, and for the page and its parts beside the entry. */
export function besideEntry(): Plugin {
  return {
    name: "beside-entry",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle = {}, chunk: entry }) {
        const chunks = Object.values(bundle).filter((one) => one.type === "chunk");
        const named = (name: string): Rolldown.OutputChunk => {
          const chunk = chunks.find((one) => one.name === name);
          if (!chunk) throw new Error(`no chunk is named ${name}`);
          return chunk;
        };
        const waitsFor = (file: string, found = new Set<string>()): Set<string> => {
          const imported = chunks.find((one) => one.fileName === file)?.imports ?? [];
          for (const one of imported.filter((name) => !found.has(name))) waitsFor(one, found.add(one));
          return found;
        };
        const [first, page] = [named(FIRST), named(PAGE)];
        if (!entry || waitsFor(entry.fileName).has(page.fileName)) throw new Error("the entry waits for the page");
        if (first.imports.length > 0) throw new Error(`${FIRST} waits for ${first.imports.join(", ")}`);
        const parts = [page, ...ROUTES.map(named)].flatMap(({ fileName, imports }) => [fileName, ...imports]);
        const later = [...new Set(parts)].filter((name) => !html.includes(name));
        return [
          {
            tag: "script",
            // Not in turn with the others, which wait for styles.
            attrs: { type: "module", async: true, fetchpriority: "high", crossorigin: true, src: `/${first.fileName}` },
            injectTo: "head-prepend",
          },
          ...later.map((name) => ({
            tag: "link",
            attrs: { rel: "modulepreload", crossorigin: true, fetchpriority: "low", href: `/${name}` },
            injectTo: "head" as const,
          })),
        ];
      },
    },
  };
}
