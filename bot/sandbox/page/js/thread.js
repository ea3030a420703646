// The thread panel beside the channel.
import { Composer } from "./composer.js";
import { h, keyed, keepingFocus, say } from "./dom.js";
import { icon } from "./icons.js";
import { buildMessage, isShown, printOf } from "./message.js";
import { channel, look, messagesOf, nameOf, page } from "./state.js";

const NEAR = 60;

export class Thread {
  constructor() {
    this.place = h("span", { class: "thread-place" });
    this.inner = h("div", { class: "thread-inner" });
    this.scroll = h("div", { class: "thread-scroll", tabindex: "0", role: "log", "aria-live": "polite", "aria-label": "Replies" }, this.inner);
    this.composer = new Composer({ inThread: true });
    const close = h("button", { type: "button", class: "icon-button", "aria-label": "Close thread", onClick: () => this.close() }, icon("close"));
    const head = h("header", { class: "pane-head" }, h("h2", { class: "pane-title" }, "Thread"), this.place, close);
    this.node = h("section", { class: "thread", "aria-label": "Thread", hidden: true }, head, this.scroll, this.composer.node);
    this.node.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.close();
    });
  }

  close() {
    const link = document.querySelector(`.messages [data-ts="${CSS.escape(page.thread ?? "")}"] .replies`);
    look({ thread: null });
    (link?.isConnected ? link : document.querySelector(".composer textarea"))?.focus({ preventScroll: true });
  }

  items(one) {
    const all = messagesOf(one.id);
    const root = all.find((message) => message.ts === page.thread) ?? { ts: page.thread, deleted: true, user: null, bot: null };
    const replies = all.filter((message) => message.thread_ts === page.thread && message.ts !== page.thread && isShown(message));
    const count = replies.filter((message) => !message.ephemeral).length;
    const divider = { kind: "count", id: "count", text: `${count} ${count === 1 ? "reply" : "replies"}` };
    const asItem = (message) => ({ kind: "message", id: message.ts, message });
    return [asItem(root), ...(replies.length ? [divider] : []), ...replies.map(asItem)];
  }

  draw() {
    const one = channel();
    this.node.hidden = !page.thread || !one;
    document.body.classList.toggle("has-thread", !this.node.hidden);
    if (this.node.hidden) {
      this.shownFor = null;
      return;
    }
    say(this.place, one.kind === "channel" || one.kind === "private" ? `#${nameOf(one)}` : nameOf(one));
    const key = `${page.me}/${one.id}/${page.thread}`;
    const fresh = this.shownFor !== key;
    const atEnd = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR;
    this.shownFor = key;
    const build = (item) => {
      if (item.kind === "count") return h("div", { class: "reply-divider" }, h("span", null, item.text));
      return buildMessage(one.id, item.message, { inThread: true, redraw: () => this.draw() });
    };
    const print = (item) => (item.kind === "count" ? item.text : printOf(item.message, one.id));
    keepingFocus(this.inner, () => keyed(this.inner, this.items(one), { key: (item) => item.id, print, build }));
    this.composer.draw();
    if (fresh || atEnd) this.scroll.scrollTop = this.scroll.scrollHeight;
  }
}
