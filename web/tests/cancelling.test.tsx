import { beforeEach, expect, test, vi } from "vitest";

import { eventually, find, leave, open, shop, type Asked } from "./support/shop";

const ORDER = { name: "users/ann/orders/o", state: "STATE_PAID", createTime: "2026-01-01T00:00:00Z", lines: [] };
const SENT = { code: 9, message: "The order is on its way." };
const cancels = (calls: Asked[]) => calls.filter(({ path }) => path.endsWith(":cancel"));

vi.setConfig({ testTimeout: 60_000 });
beforeEach(leave);

async function yes() {
  const button = await find("main [role=group] button", "Yes");
  button.focus();
  button.click();
}

/** Opens an order that was paid, and presses the button that cancels it. */
async function asked(cancel: () => unknown = () => ({ ...ORDER, state: "STATE_CANCELLED" }), then: unknown = ORDER) {
  let now: unknown = ORDER;
  const calls = shop(({ path }) => {
    if (!path.endsWith(":cancel")) return now;
    now = then;
    return cancel();
  });
  open("/orders/o");
  (await find("main button", "Cancel the order")).click();
  const group = await find("main [role=group]", "Your money goes back");
  await eventually(() => expect(document.activeElement).toBe(group));
  return { calls, group };
}

test("an order is cancelled by the second press alone, and the keyboard goes on at the page", async () => {
  const { calls } = await asked();
  expect(cancels(calls)).toHaveLength(0);
  await yes();
  await find("main .state", "Cancelled");
  expect(cancels(calls)).toHaveLength(1);
  expect(document.activeElement?.id).toBe("main");
});

test.each([
  ["the other button", (group: HTMLElement) => group.querySelectorAll("button")[1]?.click()],
  ["Escape", (group: HTMLElement) => group.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }))],
])("%s keeps the order, and the keyboard is where it was", async (_, answer) => {
  const { calls, group } = await asked();
  answer(group);
  const button = await find("main button", "Cancel the order");
  await eventually(() => expect(document.activeElement).toBe(button));
  expect(cancels(calls)).toHaveLength(0);
});

test("an order that was sent meanwhile is shown as it is, and cannot be cancelled any more", async () => {
  const sent = { ...ORDER, state: "STATE_SHIPPED" };
  await asked(() => Response.json(SENT, { status: 400 }), sent);
  await yes();
  await find(".toasts", SENT.message);
  await find("main .state", "On its way");
  expect(document.querySelector("main [role=group]")).toBeNull();
  expect(document.activeElement?.id).toBe("main");
});
