// One message: who, when, what, and the way into its thread.
import { appIcon, avatar } from "./avatar.js";
import { buildBlock } from "./blocks/index.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { Scope } from "./scope.js";
import { look, messagesOf, page, person } from "./state.js";
import { mrkdwn } from "./text.js";
import { ago, clockTime, dateOfTs, fullTime } from "./when.js";

const scopes = new Map();
const dismissed = new Set();

// A card stands in the channel and at the head of its thread at once, and a node can be in one place only.
function scopeOf(channelId, message, inThread) {
  const key = `${page.me}/${channelId}/${message.ts}/${inThread}`;
  if (!scopes.has(key)) scopes.set(key, new Scope({ type: "message", channel: channelId, ts: message.ts }));
  const scope = scopes.get(key);
  scope.show(message.blocks ?? []);
  return scope;
}

export const isShown = (message) => !dismissed.has(`${page.me}/${message.ts}`);

export function authorName(message) {
  const one = person(message.user);
  if (message.bot) return message.bot.name;
  return one ? one.real_name || one.name : "Unknown person";
}

const KIND_BADGES = { guest: "Guest", external: "Other company" };

function editedNode(message) {
  if (!message.edited || message.deleted) return null;
  return h("span", { class: "edited", title: "This message was edited" }, " (edited)");
}

function headNode(message) {
  const date = dateOfTs(message.ts);
  const kind = message.bot ? null : KIND_BADGES[person(message.user)?.kind];
  return h(
    "div",
    { class: "message-head" },
    h("span", { class: "author" }, authorName(message)),
    message.bot || person(message.user)?.kind === "bot" ? h("span", { class: "badge" }, "APP") : null,
    kind ? h("span", { class: "badge badge-kind" }, kind) : null,
    h("time", { class: "time", datetime: date.toISOString(), title: fullTime(date) }, clockTime(date)),
    message.blocks?.length ? editedNode(message) : null,
  );
}

function bodyNodes(channelId, message, inThread) {
  if (message.deleted) return [h("p", { class: "gone" }, "This message was deleted.")];
  if (!message.blocks?.length) return [h("div", { class: "message-text" }, mrkdwn(message.text ?? ""), editedNode(message))];
  const scope = scopeOf(channelId, message, inThread);
  return message.blocks.map((block) => buildBlock(block, scope));
}

function repliesLink(channelId, message) {
  if (!message.reply_count) return null;
  const replies = messagesOf(channelId).filter((one) => one.thread_ts === message.ts && one.ts !== message.ts && !one.ephemeral);
  const faces = [...new Map(replies.map((one) => [one.user ?? one.bot?.name, one])).values()].slice(0, 4);
  const last = replies.at(-1);
  return h(
    "button",
    { type: "button", class: "replies", onClick: () => look({ thread: message.ts }) },
    h("span", { class: "faces" }, faces.map((one) => (one.bot ? appIcon(22) : avatar(one.user, 22)))),
    h("span", { class: "replies-count" }, `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`),
    last ? h("span", { class: "replies-last" }, `Last reply ${ago(dateOfTs(last.ts))}`) : null,
    h("span", { class: "replies-view" }, "View thread"),
  );
}

function onlyYou(message, redraw) {
  if (!message.ephemeral) return null;
  const dismiss = () => {
    dismissed.add(`${page.me}/${message.ts}`);
    redraw();
  };
  return h(
    "div",
    { class: "only-you" },
    icon("eye", 14),
    h("span", null, "Only visible to you"),
    h("button", { type: "button", class: "link-button", onClick: dismiss }, "Dismiss message"),
  );
}

function toolbar(message, inThread) {
  if (inThread || message.ephemeral || message.deleted) return null;
  const reply = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Reply in thread", title: "Reply in thread", onClick: () => look({ thread: message.thread_ts || message.ts }) },
    icon("reply"),
  );
  return h("div", { class: "message-tools" }, reply);
}

/** Build a message. `follows`: it continues the one above, so the face is left out. */
export function buildMessage(channelId, message, { follows = false, inThread = false, redraw }) {
  const face = message.bot || person(message.user)?.kind === "bot" ? appIcon(36) : avatar(message.user, 36);
  const date = dateOfTs(message.ts);
  const side = follows ? h("time", { class: "time side-time", "aria-hidden": "true", title: fullTime(date) }, clockTime(date)) : face;
  return h(
    "article",
    {
      class: `message${message.ephemeral ? " ephemeral" : ""}${follows ? " follows" : ""}`,
      "data-ts": message.ts,
      "aria-label": `${authorName(message)}, ${clockTime(date)}${message.ephemeral ? ", only visible to you" : ""}`,
    },
    h("div", { class: "message-side" }, side),
    h(
      "div",
      { class: "message-main" },
      onlyYou(message, redraw),
      follows ? null : headNode(message),
      bodyNodes(channelId, message, inThread),
      inThread ? null : repliesLink(channelId, message),
    ),
    toolbar(message, inThread),
  );
}

/** What a message looks like, in one string: when it stays the same the node stays too. */
export function printOf(message, extra) {
  const minute = message.reply_count ? Math.floor(Date.now() / 60_000) : 0;
  return JSON.stringify([message, extra, page.me, minute]);
}
