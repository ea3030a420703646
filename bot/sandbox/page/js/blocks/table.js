// The table block; its first row is the header row, as in Slack.
import { h } from "../dom.js";
import { richText } from "../rich_text.js";

function cellNode(cell, tag, settings) {
  const align = ["left", "center", "right"].includes(settings?.align) ? ` align-${settings.align}` : "";
  const wrap = settings?.is_wrapped ? " wrapped" : "";
  const shown = cell.type === "rich_text" ? richText(cell) : String(cell.text ?? cell.value ?? cell.number ?? "");
  return h(tag, { class: `cell${align}${wrap}`, scope: tag === "th" ? "col" : null }, shown);
}

export function table(block) {
  const settings = block.column_settings ?? [];
  const [head, ...body] = block.rows;
  const row = (cells, tag) => h("tr", null, cells.map((cell, index) => cellNode(cell, tag, settings[index])));
  return h(
    "div",
    { class: "table-scroll", tabindex: "0", role: "group", "aria-label": "Table" },
    h("table", { class: "table" }, h("thead", null, row(head, "th")), h("tbody", null, body.map((cells) => row(cells, "td")))),
  );
}
