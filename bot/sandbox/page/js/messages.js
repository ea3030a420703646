// The message list of a channel, with its beginning, its days and its newest message in sight.
import { h, keyed, keepingFocus } from "./dom.js";
import { authorName, buildMessage, isShown, printOf } from "./message.js";
import { channel, isApp, messagesOf, nameOf, page } from "./state.js";
import { mrkdwn } from "./text.js";
import { announce } from "./toasts.js";
import { dateOfTs, dayHeading, dayKey } from "./when.js";

const TOGETHER = 300;
const NEAR = 60;

export class MessageList {
  constructor() {
    this.inner = h("div", { class: "messages-inner" });
    this.node = h("div", { class: "messages", tabindex: "0", role: "log", "aria-live": "off", "aria-label": "Messages" }, this.inner);
    this.shownFor = null;
    this.newest = null;
    new ResizeObserver(() => {
      if (this.sticks) this.toEnd();
    }).observe(this.inner);
    this.node.addEventListener("scroll", () => {
      this.sticks = this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < NEAR;
    });
  }

  toEnd() {
    this.node.scrollTop = this.node.scrollHeight;
  }

  items(one) {
    const items = [{ kind: "start", id: `start-${one.id}` }];
    let day = null;
    let before = null;
    for (const message of messagesOf(one.id)) {
      if (message.thread_ts && message.thread_ts !== message.ts && !message.broadcast) continue;
      if (!isShown(message)) continue;
      const date = dateOfTs(message.ts);
      if (dayKey(date) !== day) {
        day = dayKey(date);
        before = null;
        items.push({ kind: "day", id: `day-${day}`, text: dayHeading(date) });
      }
      const follows = Boolean(
        before && !message.bot && !message.ephemeral && !before.ephemeral && before.user === message.user &&
          !before.bot && !before.reply_count && Number(message.ts) - Number(before.ts) < TOGETHER,
      );
      items.push({ kind: "message", id: message.ts, message, follows });
      before = message;
    }
    return items;
  }

  draw() {
    const one = channel();
    if (!one) return;
    const fresh = this.shownFor !== `${page.me}/${one.id}`;
    if (fresh) this.sticks = true;
    const redraw = () => this.draw();
    const build = (item) => {
      if (item.kind === "start") return startNode(one);
      if (item.kind === "day") return h("div", { class: "day", role: "separator" }, h("span", null, item.text));
      return buildMessage(one.id, item.message, { follows: item.follows, redraw });
    };
    const print = (item) => {
      if (item.kind === "message") return printOf(item.message, [item.follows, one.id, messagesOf(one.id).filter((m) => m.thread_ts === item.id).length]);
      return item.kind === "day" ? item.text : JSON.stringify([one, page.me]);
    };
    keepingFocus(this.inner, () => keyed(this.inner, this.items(one), { key: (item) => item.id, print, build }));
    this.announceNew(one, fresh);
    this.shownFor = `${page.me}/${one.id}`;
    if (this.sticks) this.toEnd();
  }

  announceNew(one, fresh) {
    const last = messagesOf(one.id).at(-1);
    const isNew = last && !fresh && last.ts !== this.newest;
    // Whoever sends something wants to see it, wherever they had scrolled to.
    if (isNew && last.user === page.me && !last.thread_ts) this.sticks = true;
    if (isNew && last.user !== page.me) announce(`${authorName(last)}: ${mrkdwn(last.text ?? "").textContent}`);
    this.newest = last?.ts ?? null;
  }
}

function startNode(one) {
  const name = nameOf(one);
  const title = one.kind === "channel" || one.kind === "private" ? `#${name}` : name;
  const text = isApp(one)
    ? `This is the conversation between you and ${name}. What the app tells you alone arrives here.`
    : one.kind === "im"
      ? `This conversation is just between ${name} and you.`
      : `This is the very beginning of the ${title} channel.`;
  return h("section", { class: "start" }, h("h3", { class: "start-title" }, title), h("p", null, text));
}
