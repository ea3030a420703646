// Shows rich_text blocks: sections, lists, quotes and preformatted text with styles, links, people and dates.
import { h, fragment } from "./dom.js";
import { emoji, fromCodePoints } from "./emoji.js";
import { channelMention, dateNode, groupMention, link, mention } from "./text.js";

function styled(node, style) {
  if (!style) return node;
  let result = node;
  if (style.code) result = h("code", { class: "code" }, result);
  if (style.strike) result = h("s", null, result);
  if (style.underline) result = h("u", null, result);
  if (style.italic) result = h("em", null, result);
  if (style.bold) result = h("strong", null, result);
  return result;
}

function withBreaks(text) {
  return fragment(text.split("\n").flatMap((line, index) => (index ? [h("br"), line] : [line])));
}

function swatch(value) {
  return /^#[0-9a-f]{3,8}$/i.test(value) ? h("span", { class: "swatch", style: { "background-color": value } }) : null;
}

function bare(element) {
  switch (element.type) {
    case "text":
      return withBreaks(element.text ?? "");
    case "link":
      return link(element.url ?? "", element.text || element.url || "");
    case "user":
      return mention(element.user_id);
    case "channel":
      return channelMention(element.channel_id);
    case "usergroup":
      return groupMention(element.usergroup_id);
    case "broadcast":
      return h("span", { class: "mention" }, `@${element.range}`);
    case "emoji":
      return (element.unicode && fromCodePoints(element.unicode)) || emoji(element.name) || `:${element.name}:`;
    case "date":
      return dateNode(element.timestamp, element.format ?? "{date} {time}", element.url, element.fallback);
    case "color":
      return h("span", { class: "color" }, swatch(element.value), element.value);
    default:
      return element.text ?? "";
  }
}

const run = (elements) => (elements ?? []).map((element) => styled(bare(element), element.style));

function listNode(part) {
  const tag = part.style === "ordered" ? "ol" : "ul";
  const level = Math.min(part.indent ?? 0, 8);
  const start = part.style === "ordered" && part.offset ? part.offset + 1 : null;
  const items = (part.elements ?? []).map((item) => h("li", null, run(item.elements)));
  return h(tag, { class: `rich-list indent-${level}${part.border ? " bordered" : ""}`, start }, items);
}

function partNode(part) {
  switch (part.type) {
    case "rich_text_list":
      return listNode(part);
    case "rich_text_quote":
      return h("blockquote", { class: "quote" }, run(part.elements));
    case "rich_text_preformatted":
      return h("pre", { class: "pre" }, (part.elements ?? []).map((element) => element.text ?? element.url ?? ""));
    default:
      return h("div", { class: "rich-section" }, run(part.elements));
  }
}

/** Show one rich_text block or one rich_text table cell. */
export function richText(block) {
  return h("div", { class: "rich-text" }, (block.elements ?? []).map(partNode));
}
