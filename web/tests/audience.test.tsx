import { beforeEach, expect, test, vi } from "vitest";

import { AudienceChoices } from "@/app/audience";
import { RecommendationRow } from "@/features/recommendations/components/row";
import { audience, choose, chosen } from "@/lib/choices";
import { flush, record } from "@/lib/events";
import { forgetBrowser } from "@/lib/kept";
import { eventually, find, leave, renderLinked, shop, told } from "./support/shop";

const row = () => ({ results: [], attributionToken: "t", degraded: [], nextPageToken: "" });

async function choice(label: string): Promise<HTMLSelectElement> {
  const found = (await find("label", label)).querySelector("select");
  if (!found) throw new Error(`nothing to choose at ${label}`);
  return found;
}

async function select(label: string, value: string): Promise<void> {
  const found = await choice(label);
  found.value = value;
  found.dispatchEvent(new Event("change", { bubbles: true }));
}

vi.setConfig({ testTimeout: 30_000 });
beforeEach(leave);

test("a country and an age are sent with recommendations as soon as they are chosen, and not before", async () => {
  const calls = shop(row);
  renderLinked([
    <RecommendationRow key="row" id="row" first ask={{ scenario: "home" }} title={() => "Row"} />,
    <AudienceChoices key="audience" />,
  ]);
  await eventually(() => expect(calls).toHaveLength(1));
  expect(calls[0]?.body).not.toHaveProperty("region");
  expect(calls[0]?.body).not.toHaveProperty("age");
  await select("Show what is sold in", "FR");
  await eventually(() => expect(calls.at(-1)?.body).toMatchObject({ region: "FR" }));
  await select("Show what has an age limit", "18");
  await eventually(() => expect(calls.at(-1)?.body).toMatchObject({ region: "FR", age: 18 }));
  expect(calls).toHaveLength(3);
});

test("a choice of age says up to which limit products are shown, and that age is sent", async () => {
  const calls = shop(row);
  renderLinked([
    <RecommendationRow key="row" id="row" first ask={{ scenario: "home" }} title={() => "Row"} />,
    <AudienceChoices key="audience" />,
  ]);
  const said = [...(await choice("Show what has an age limit")).options].map(({ value, text }) => [value, text]);
  expect(said).toEqual([
    ["0", "no"],
    ["18", "up to 18: I am 18 or older"],
    ["21", "up to 21: I am 21 or older"],
  ]);
  await select("Show what has an age limit", "21");
  await eventually(() => expect(calls.at(-1)?.body).toMatchObject({ age: 21 }));
  await select("Show what has an age limit", "0");
  expect(audience(chosen())).toEqual({});
});

test("events say the country", async () => {
  shop(row);
  record("VIEW", { product: "products/a" });
  choose({ region: "FR" });
  record("VIEW", { product: "products/b" });
  await flush();
  expect(told.map(({ region }) => region)).toEqual([undefined, "FR"]);
});

test("both are kept in this browser until an account is left", () => {
  choose({ region: "FR", age: 18 });
  expect(localStorage.getItem("aisle.choices")).toContain("FR");
  forgetBrowser();
  expect(localStorage.getItem("aisle.choices")).toBeNull();
});
