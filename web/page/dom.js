// Elements without markup in strings: text stays text, whatever a product's title holds.

/** Makes an element: `h("p", { class: "note", onclick: f }, "text", child)`. Absent and false children are left out. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** An icon of the sprite in index.html. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Whether the person asked for less motion. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Says something for a few seconds, above an open dialog too. */
export function toast(text, kind = "good") {
  const box = document.getElementById("toasts");
  const message = h("p", { class: `toast toast-${kind}` }, text);
  box.append(message);
  // What is shown last is on top: showing it again lifts it above a dialog that was opened since.
  if (box.matches(":popover-open")) box.hidePopover();
  box.showPopover();
  setTimeout(() => {
    message.remove();
    if (!box.childElementCount && box.matches(":popover-open")) box.hidePopover();
  }, 4500);
}

/** What to show instead of content that could not be read. */
export function failure(error, again) {
  return h(
    "div",
    { class: "notice notice-bad", role: "alert" },
    h("p", {}, error.message),
    h("button", { class: "button", type: "button", onclick: again }, "Try again"),
    error.requestId && h("p", { class: "small" }, `Request ${error.requestId}`),
  );
}
