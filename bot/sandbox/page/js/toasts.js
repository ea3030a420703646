// Short notices at the edge of the page, read out by screen readers.
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { page } from "./state.js";

const STAYS = 12_000;
const SEEN = "notices-seen";
const seen = new Set(JSON.parse(sessionStorage.getItem(SEEN) ?? "[]"));

export function toast(text, kind = "info") {
  const root = document.getElementById("toasts");
  if ([...root.children].some((node) => node.dataset.text === text)) return;
  const node = h(
    "div",
    { class: `toast toast-${kind}`, role: kind === "error" ? "alert" : "status", dataset: { text } },
    icon(kind === "error" ? "warning" : "info"),
    h("span", null, text),
    h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss notice", onClick: () => node.remove() }, icon("close", 14)),
  );
  root.append(node);
  let timer = setTimeout(() => node.remove(), STAYS);
  node.addEventListener("pointerenter", () => clearTimeout(timer));
  node.addEventListener("pointerleave", () => {
    timer = setTimeout(() => node.remove(), STAYS);
  });
}

/** Show Slack's own notices, each one once. */
export function showNotices() {
  const before = seen.size;
  for (const notice of page.snapshot?.notices ?? []) {
    const key = `${page.me}/${notice.id}`;
    if (seen.has(key)) continue;
    seen.add(key);
    // A form says it itself, at its head.
    if (!page.snapshot.views.some((view) => view.notice === notice.text)) toast(notice.text, "error");
  }
  if (seen.size > before) sessionStorage.setItem(SEEN, JSON.stringify([...seen].slice(-200)));
}

/** Read a sentence out without showing it. */
export function announce(text) {
  const region = document.getElementById("announcer");
  region.textContent = "";
  region.textContent = text;
}
