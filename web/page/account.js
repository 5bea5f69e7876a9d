// Log-in, sign-up, log-out, and the choice of what one likes.

import { h, icon, toast } from "./dom.js";
import * as session from "./session.js";

const MOST = 8; // the contract's limit of preferred categories

/** The account's corner of the header, and its two dialogs. */
export class Account {
  constructor({ nav, signIn, tastes, choices, onTastes }) {
    Object.assign(this, { nav, signIn, tastes, choices, onTastes });
    for (const dialog of [signIn, tastes])
      dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    addEventListener("session-ended", () => toast("Your session has ended. Log in again to go on with it.", "bad"));
  }

  /** Shows who is logged in. */
  async show() {
    if (!session.isShopper()) {
      this.nav.replaceChildren(
        button("Log in", "button button-quiet", () => this.ask("log-in")),
        button("Sign up", "button button-main", () => this.ask("sign-up")),
      );
      return;
    }
    const name = h("span", { class: "hello" }, "Hello");
    this.nav.replaceChildren(
      name,
      button("My tastes", "button button-quiet", () => this.askTastes()),
      button("Log out", "button", (event) => this.leave(event.currentTarget)),
    );
    const account = await session.me().catch(() => null);
    if (account) name.textContent = `Hello, ${account.displayName || account.email.split("@")[0]}`;
  }

  async leave(pressed) {
    pressed.disabled = true;
    try {
      await session.logOut();
      toast("You are logged out.");
    } catch (error) {
      pressed.disabled = false;
      toast(error.message, "bad");
    }
  }

  /** Opens the form; `mode` is log-in or sign-up. */
  ask(mode) {
    const fresh = mode === "sign-up";
    const problem = h("p", { class: "problem", role: "alert" });
    const fields = [
      fresh && field("displayName", "Your name", { autocomplete: "name", maxlength: 200 }),
      field("email", "E-mail", { type: "email", autocomplete: "email", required: true, maxlength: 254 }),
      field("password", fresh ? "Password, at least 8 characters" : "Password", {
        type: "password",
        autocomplete: fresh ? "new-password" : "current-password",
        required: true,
        minlength: fresh ? 8 : 1,
      }),
    ].filter(Boolean);
    const submit = h("button", { class: "button button-main", type: "submit" }, fresh ? "Sign up" : "Log in");
    const form = h("form", { method: "dialog", class: "form" }, ...fields, problem, submit);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send(mode, form, submit, problem);
    });
    const other = button(fresh ? "I have an account" : "I am new here", "link", () =>
      this.ask(fresh ? "log-in" : "sign-up"),
    );
    this.signIn.replaceChildren(
      h(
        "div",
        { class: "box-head" },
        h("h2", { id: "sign-in-title" }, fresh ? "Sign up" : "Log in"),
        closer(this.signIn),
      ),
      h("p", { class: "row-note" }, "What you looked at so far comes with you."),
      form,
      other,
    );
    if (!this.signIn.open) this.signIn.showModal();
    form.querySelector("input").focus();
  }

  async send(mode, form, submit, problem) {
    const { email, password, displayName } = Object.fromEntries(new FormData(form));
    problem.textContent = "";
    for (const input of form.querySelectorAll("input")) input.removeAttribute("aria-invalid");
    submit.disabled = true;
    try {
      if (mode === "sign-up") await session.signUp(email.trim(), password, displayName.trim());
      else await session.logIn(email.trim(), password);
      this.signIn.close();
      if (mode === "sign-up") this.askTastes();
      else toast("Welcome back.");
    } catch (error) {
      this.explain(error, form, problem);
    } finally {
      submit.disabled = false;
    }
  }

  explain(error, form, problem) {
    problem.textContent = error.message;
    const names = error.violations.map(({ field }) => field.replace(/_(.)/g, (_, letter) => letter.toUpperCase()));
    for (const name of names) form.elements[name]?.setAttribute("aria-invalid", "true");
    (form.elements[names[0]] ?? form.elements.email).focus();
  }

  /** Asks for up to eight categories, most liked first. */
  async askTastes() {
    const [before, categories] = await Promise.all([session.preferences.read().catch(() => null), this.choices()]);
    const chosen = new Set(before?.categories ?? []);
    const problem = h("p", { class: "problem", role: "alert" });
    const chips = categories.map((category) => choice(category, chosen, problem));
    const save = button("Save", "button button-main", () => this.saveTastes(chosen, save, problem));
    this.tastes.replaceChildren(
      h("div", { class: "box-head" }, h("h2", { id: "tastes-title" }, "What do you like?"), closer(this.tastes)),
      h(
        "p",
        { class: "row-note" },
        `Choose up to ${MOST}, what you like most first. Your recommendations start from there.`,
      ),
      chips.length
        ? h("div", { class: "chips choices" }, chips)
        : h("p", { class: "notice" }, "There are no categories to choose from yet."),
      problem,
      h(
        "div",
        { class: "actions" },
        save,
        button("Not now", "button button-quiet", () => this.tastes.close()),
      ),
    );
    this.tastes.showModal();
  }

  async saveTastes(chosen, save, problem) {
    save.disabled = true;
    try {
      await session.preferences.write([...chosen]);
      this.tastes.close();
      toast("Saved. Your recommendations follow.");
      this.onTastes();
    } catch (error) {
      problem.textContent = error.message;
    } finally {
      save.disabled = false;
    }
  }
}

function choice(category, chosen, problem) {
  const made = button(category.displayName, "chip", () => {
    if (chosen.has(category.name)) chosen.delete(category.name);
    else if (chosen.size < MOST) chosen.add(category.name);
    else problem.textContent = `${MOST} is the most: take one away first.`;
    if (chosen.size < MOST) problem.textContent = "";
    made.setAttribute("aria-pressed", String(chosen.has(category.name)));
  });
  made.setAttribute("aria-pressed", String(chosen.has(category.name)));
  return made;
}

function button(label, className, onclick) {
  return h("button", { class: className, type: "button", onclick }, label);
}

function closer(dialog) {
  return h(
    "button",
    { class: "close", type: "button", "aria-label": "Close", onclick: () => dialog.close() },
    icon("close"),
  );
}

function field(name, label, attributes) {
  return h("label", { class: "field" }, h("span", {}, label), h("input", { name, type: "text", ...attributes }));
}
