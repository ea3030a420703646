// Shows Slack's text objects: plain_text to the letter, mrkdwn parsed as Slack does. Builds nodes, never markup.
import { h, fragment } from "./dom.js";
import { emoji, withEmoji } from "./emoji.js";
import { follow } from "./permalink.js";
import { channel, nameOf, page, person } from "./state.js";
import { fillDate, fullTime } from "./when.js";

const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** A link that opens elsewhere; anything but http, https and mailto is shown as text. */
export function link(url, label) {
  if (!/^(https?:|mailto:)/i.test(url)) return label;
  const onClick = (event) => {
    if (follow(url)) event.preventDefault();
  };
  return h("a", { class: "link", href: url, target: "_blank", rel: "noopener noreferrer", onClick }, label);
}

export function mention(id, label) {
  const who = person(id);
  const text = `@${who ? who.real_name || who.name : label || id}`;
  return h("span", { class: id === page.me ? "mention mention-me" : "mention" }, text);
}

export function channelMention(id, label) {
  const where = channel(id);
  return h("span", { class: "mention" }, `#${where ? nameOf(where) : label || id}`);
}

export function groupMention(id, label) {
  const handle = page.snapshot?.usergroups[id];
  return h("span", { class: "mention" }, handle ? `@${handle}` : label || `@${id}`);
}

export function dateNode(seconds, pattern, url, fallback) {
  const text = fillDate(seconds, pattern);
  if (text === null) return fallback ?? "";
  const time = h("time", { title: fullTime(new Date(Number(seconds) * 1000)), class: "date" }, text);
  return url ? link(url, time) : time;
}

function entity(body) {
  const bar = body.indexOf("|");
  const target = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? "" : unescape(body.slice(bar + 1));
  if (target.startsWith("@")) return mention(target.slice(1), label);
  if (target.startsWith("#")) return channelMention(target.slice(1), label);
  if (target.startsWith("!date^")) {
    const [, seconds, pattern, url] = target.split("^");
    return dateNode(seconds, unescape(pattern ?? "{date} {time}"), url && unescape(url), label);
  }
  if (target.startsWith("!subteam^")) return groupMention(target.slice(9), label);
  if (target.startsWith("!")) return h("span", { class: "mention" }, label || `@${target.slice(1)}`);
  const url = unescape(target);
  return link(url, label || url);
}

// In order: code, an angle-bracket entity, a styled run between word boundaries, an emoji name, a bare address.
const INLINE = new RegExp(
  [
    /`([^`\n]+)`/.source,
    /<([^<>\n]+)>/.source,
    /(?<![\p{L}\p{N}*_~])([*_~])(?!\3)(?=\S)([^\n]*?[^\s])\3(?![\p{L}\p{N}])/.source,
    /:([a-z0-9_+-]+):/.source,
    /(?<![\p{L}\p{N}/])(https?:\/\/[^\s<>|]*[^\s<>|.,;:!?)\]'"*_~`])/.source,
  ].join("|"),
  "gu",
);
const STYLE = { "*": "strong", _: "em", "~": "s" };

function inline(text, verbatim) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, angle, mark, styled, name, url] = match;
    let node = null;
    if (code !== undefined) node = h("code", { class: "code" }, unescape(code));
    else if (angle !== undefined) node = entity(angle);
    else if (mark !== undefined) node = h(STYLE[mark], null, inline(styled, verbatim));
    else if (name !== undefined) node = emoji(name);
    else if (!verbatim) node = link(unescape(url), unescape(url));
    if (node === null) continue;
    nodes.push(unescape(text.slice(end, match.index)), node);
    end = match.index + whole.length;
  }
  nodes.push(unescape(text.slice(end)));
  return nodes;
}

function lines(text, verbatim) {
  const nodes = [];
  let quoted = [];
  let fresh = true;
  const endQuote = () => {
    if (!quoted.length) return;
    nodes.push(h("blockquote", { class: "quote" }, quoted.flatMap((line, i) => [i ? h("br") : null, inline(line, verbatim)])));
    quoted = [];
    fresh = true;
  };
  for (const line of text.split("\n")) {
    const quote = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (quote) {
      quoted.push(quote[1]);
      continue;
    }
    endQuote();
    if (!fresh) nodes.push(h("br"));
    nodes.push(...inline(line, verbatim));
    fresh = false;
  }
  endQuote();
  return nodes;
}

/** Parse Slack's mrkdwn into nodes. */
export function mrkdwn(text, { verbatim = false } = {}) {
  const parts = text.split(/```\n?([\s\S]+?)\n?```\n?/);
  return fragment(
    parts.map((part, index) => {
      if (index % 2) return h("pre", { class: "pre" }, unescape(part));
      return part === "" ? null : lines(part, verbatim);
    }),
  );
}

/** Show a text object (or a bare string, taken to the letter). */
export function textNode(object) {
  if (!object) return fragment();
  if (typeof object === "string") return fragment(object);
  if (object.type === "mrkdwn") return mrkdwn(object.text, { verbatim: object.verbatim === true });
  return fragment(plain(object));
}

/** The words of a text object alone, for names and labels. */
export function plain(object) {
  if (!object) return "";
  if (typeof object === "string") return object;
  if (object.type !== "plain_text") return unescape(object.text);
  return object.emoji === true ? withEmoji(object.text) : object.text;
}
