import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

const files = (folder: string, ending: RegExp): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => ending.test(name))
    .map((name) => readFileSync(join(folder, name), "utf8"));

const styles = files("src/styles", /\.css$/);
const page = [...files("src", /\.tsx?$/), readFileSync("index.html", "utf8")].join("\n");

/** What ends in a value: `toast-${kind}`. */
const beginnings = [...page.matchAll(/(?<=[\s"`])[a-z][a-z-]*-(?=\$\{)/g)].map(([beginning]) => beginning);
const texts = [...page.matchAll(/"([^"\n]*)"|`([^`]*)`/g)].map(([text]) => text).join(" ");
const BY_THE_ROUTER = "active";
const named = new Set(texts.match(/[A-Za-z][\w-]*/g)).add(BY_THE_ROUTER);

const classes = styles.flatMap((text) => {
  const selectors = text.replace(/\/\*.*?\*\//gs, "").match(/[^{};]+(?=\{)/g) ?? [];
  return selectors.flatMap((selector) => [...selector.matchAll(/\.([a-z][\w-]*)/g)].map(([, name]) => name ?? ""));
});

test("every class that has a rule is one that the page gives", () => {
  expect(classes.length).toBeGreaterThan(100);
  const given = (name: string) => named.has(name) || beginnings.some((beginning) => name.startsWith(beginning));
  expect([...new Set(classes)].filter((name) => !given(name))).toEqual([]);
});

test("no file of styles grows past what one looks over", () => {
  expect(styles.map((text) => text.split("\n").length).filter((lines) => lines > 400)).toEqual([]);
});
