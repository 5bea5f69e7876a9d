// What becomes of a page whose own script cannot be had.

const AGAIN_MS = 30_000;

/** Whether loading the page anew may help; not again and again. Without a network there is no new page either. The mark
 * is the page's own state, which every browser keeps and a reload leaves. */
export function mayReload(): boolean {
  const state = (history.state ?? {}) as { reloaded?: number };
  if (!navigator.onLine || Date.now() - (state.reloaded ?? 0) < AGAIN_MS) return false;
  history.replaceState({ ...state, reloaded: Date.now() }, "");
  return true;
}

/** Says, in the place of the page, that it did not start, and what to do. Nothing is drawn early into a frame that waits
 * no longer. */
export function sayUnstarted(): void {
  const again = document.createElement("a");
  again.href = location.href;
  again.textContent = "Load it again";
  const said = document.createElement("p");
  said.className = "notice";
  said.setAttribute("role", "alert");
  said.append("A part of the shop could not be loaded, so that nothing here answers yet. ", again);
  const wrap = document.createElement("div");
  wrap.className = "wrap page";
  wrap.append(said);
  const frame = document.querySelector("#root > main[aria-busy]");
  frame?.replaceChildren(wrap);
  frame?.removeAttribute("aria-busy");
}
