import { beforeEach, expect, test, vi } from "vitest";

import { AudienceChoices } from "@/app/audience";
import { RecommendationRow } from "@/features/recommendations/components/row";
import { choose } from "@/lib/choices";
import { flush, record } from "@/lib/events";
import { forgetBrowser } from "@/lib/kept";
import { eventually, find, leave, renderLinked, shop, told } from "./support/shop";

const row = () => ({ results: [], attributionToken: "t", degraded: [], nextPageToken: "" });

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
  const select = (await find("select")) as HTMLSelectElement;
  select.value = "FR";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  await eventually(() => expect(calls.at(-1)?.body).toMatchObject({ region: "FR" }));
  (await find("input[type=checkbox]")).click();
  await eventually(() => expect(calls.at(-1)?.body).toMatchObject({ region: "FR", age: 18 }));
  expect(calls).toHaveLength(3);
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
  choose({ region: "FR", adult: true });
  expect(localStorage.getItem("aisle.choices")).toContain("FR");
  forgetBrowser();
  expect(localStorage.getItem("aisle.choices")).toBeNull();
});
