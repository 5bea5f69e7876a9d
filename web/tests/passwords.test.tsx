import { beforeEach, expect, test, vi } from "vitest";

import { Erasure, Password } from "@/features/account/components/profile";
import { eventually, find, leave, render, shop } from "./support/shop";

const TYPE = "type.googleapis.com/google.rpc.";
const invalid = (...violations: [field: string, description: string][]) =>
  Response.json(
    {
      message: "The request is not valid",
      details: [
        {
          "@type": `${TYPE}BadRequest`,
          fieldViolations: violations.map(([field, description]) => ({ field, description })),
        },
      ],
    },
    { status: 400 },
  );
const wrong = () =>
  Response.json(
    {
      message: "The current password is wrong.",
      details: [{ "@type": `${TYPE}ErrorInfo`, reason: "CREDENTIALS_REFUSED" }],
    },
    { status: 401 },
  );
const busy = () => Response.json({ message: "Too many wrong passwords." }, { status: 429 });
const short: [string, string] = ["new_password", "must have at least 8 characters"];
const missing: [string, string] = ["current_password", "is required"];

vi.setConfig({ testTimeout: 30_000 });
beforeEach(leave);

/** What is said against each field, and beside them. */
function said(): (string | undefined)[] {
  const of = (input: Element) =>
    input.getAttribute("aria-invalid") ? input.parentElement?.querySelector("[role=alert]")?.textContent : "";
  const others = [...document.querySelectorAll("p.problem")].map((problem) => problem.textContent);
  return [...[...document.querySelectorAll("input")].map(of), ...others];
}

const send = () => document.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true }));

test.each([
  ["a new password that is too short", () => invalid(short), ["", short[1]]],
  ["both", () => invalid(missing, short), [missing[1], short[1]]],
  ["a wrong current password", wrong, ["The current password is wrong.", ""]],
  ["neither", busy, ["", "", "Too many wrong passwords."]],
])("of two passwords the refusal of %s is said where it belongs", async (_, answer, expected) => {
  shop(answer);
  render(<Password />);
  await find("form");
  send();
  await eventually(() => expect(said()).toEqual(expected));
});

test.each([
  [wrong, ["The current password is wrong."]],
  [busy, ["", "Too many wrong passwords."]],
])("what keeps an account from being erased is said where it belongs", async (answer, expected) => {
  shop(answer);
  render(<Erasure />);
  (await find("button", "Erase my account")).click();
  await find("form");
  send();
  await eventually(() => expect(said()).toEqual(expected));
});
