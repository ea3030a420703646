// Shows the markdown block: the part of standard Markdown that Slack accepts there.
import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { link } from "./text.js";

const INLINE =
  /`([^`]+)`|\[([^\]]+)\]\(([^()\s]+)\)|(\*\*|__)(?=\S)(.+?)(?<=\S)\4|(?<![\p{L}\p{N}])([*_])(?=\S)(.+?)(?<=\S)\6(?![\p{L}\p{N}])|~~(.+?)~~|(https?:\/\/[^\s<>()]+[^\s<>().,;:!?'"])/gu;

function inline(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, label, url, strong, bold, soft, italic, struck, bareUrl] = match;
    nodes.push(withEmoji(text.slice(end, match.index)));
    if (code !== undefined) nodes.push(h("code", { class: "code" }, code));
    else if (label !== undefined) nodes.push(link(url, label));
    else if (strong) nodes.push(h("strong", null, inline(bold)));
    else if (soft) nodes.push(h("em", null, inline(italic)));
    else if (struck !== undefined) nodes.push(h("s", null, inline(struck)));
    else nodes.push(link(bareUrl, bareUrl));
    end = match.index + whole.length;
  }
  nodes.push(withEmoji(text.slice(end)));
  return nodes;
}

const cells = (line) => line.replace(/^\s*\||\|\s*$/g, "").split("|").map((cell) => cell.trim());

function tableNode(rows) {
  const [head, , ...body] = rows;
  const row = (line, tag) => h("tr", null, cells(line).map((cell) => h(tag, null, inline(cell))));
  return h("div", { class: "table-scroll", tabindex: "0" }, h("table", { class: "table" }, h("thead", null, row(head, "th")), h("tbody", null, body.map((line) => row(line, "td")))));
}

const KINDS = [
  ["heading", /^#{1,6} /],
  ["rule", /^ {0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/],
  ["quote", /^> ?/],
  ["bullet", /^\s*[-*+] /],
  ["number", /^\s*\d+[.)] /],
  ["table", /^\s*\|.*\|\s*$/],
  ["blank", /^\s*$/],
];

const kindOf = (line) => KINDS.find(([, pattern]) => pattern.test(line))?.[0] ?? "text";
const strip = (kind, line) => line.replace(KINDS.find(([name]) => name === kind)[1], "");
const broken = (rows) => rows.flatMap((row, index) => [index ? h("br") : null, inline(row)]);

function groupNode(kind, rows) {
  if (kind === "blank") return null;
  if (kind === "rule") return h("hr", { class: "divider" });
  if (kind === "heading") return rows.map((row) => h("p", { class: "md-heading" }, inline(strip(kind, row))));
  if (kind === "quote") return h("blockquote", { class: "quote" }, broken(rows.map((row) => strip(kind, row))));
  if (kind === "bullet") return h("ul", { class: "rich-list" }, rows.map((row) => h("li", null, inline(strip(kind, row)))));
  if (kind === "number") return h("ol", { class: "rich-list" }, rows.map((row) => h("li", null, inline(strip(kind, row)))));
  if (kind === "table" && rows.length > 1) return tableNode(rows);
  return h("p", { class: "md-text" }, broken(rows));
}

export function markdown(text) {
  const nodes = [];
  text.split(/^```.*\n([\s\S]*?)^```\s*$/m).forEach((part, index) => {
    if (index % 2) {
      nodes.push(h("pre", { class: "pre" }, part.replace(/\n$/, "")));
      return;
    }
    let rows = [];
    let kind = "blank";
    for (const line of part.split("\n")) {
      const next = kindOf(line);
      if (next !== kind) {
        nodes.push(groupNode(kind, rows));
        rows = [];
        kind = next;
      }
      rows.push(line);
    }
    nodes.push(groupNode(kind, rows));
  });
  return h("div", { class: "markdown" }, nodes);
}
