// The head of the conversation: its name, its members, and for the app its tabs.
import { appIcon, avatar } from "./avatar.js";
import { h, place } from "./dom.js";
import { icon } from "./icons.js";
import { channel, isApp, look, nameOf, page, peerOf } from "./state.js";
import { unread } from "./unread.js";

const TABS = [["home", "Home"], ["messages", "Messages"]];

export class Header {
  constructor() {
    this.title = h("h2", { class: "pane-title" });
    this.about = h("div", { class: "pane-about" });
    this.tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "App" });
    this.node = h("div", { class: "pane-top" }, h("header", { class: "pane-head" }, this.title, this.about), this.tabs);
  }

  draw() {
    const one = channel();
    if (!one) return;
    const count = isApp(one) ? unread(one) : 0;
    const print = JSON.stringify([one, page.tab, page.me, count]);
    if (print === this.print) return;
    this.print = print;
    const app = isApp(one);
    const direct = one.kind === "im" || one.kind === "app";
    const mark = app ? appIcon(24) : direct ? avatar(peerOf(one), 24) : icon(one.kind === "private" ? "lock" : "hash", 18);
    place(this.title, [mark, h("span", null, nameOf(one))]);
    place(this.about, [
      ...(one.is_archived ? [h("span", { class: "badge badge-kind" }, "archived")] : []),
      ...(!direct && one.members ? [h("span", { class: "faces" }, one.members.slice(0, 4).map((id) => avatar(id, 24))), h("span", null, `${one.members.length} members`)] : []),
    ]);
    this.tabs.hidden = !app;
    const hadFocus = this.tabs.contains(document.activeElement);
    place(this.tabs, app ? TABS.map(([tab, label]) => tabNode(tab, label, tab === "messages" ? count : 0)) : []);
    if (hadFocus) this.tabs.querySelector("[aria-selected=true]")?.focus();
  }
}

function tabNode(tab, label, count) {
  const current = page.tab === tab;
  const node = h(
    "button",
    { type: "button", class: "tab", role: "tab", "aria-selected": current ? "true" : "false", tabindex: current ? "0" : "-1", onClick: () => look({ tab, thread: null }) },
    label,
    count ? h("span", { class: "count" }, String(count), h("span", { class: "sr" }, " unread")) : null,
  );
  node.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    look({ tab: tab === "home" ? "messages" : "home", thread: null });
  });
  return node;
}
