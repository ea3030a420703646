// The alert block of modals.
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { textNode } from "../text.js";

const ICONS = { warning: "warning", error: "warning", success: "check" };
const LEVELS = new Set(["info", "warning", "error", "success"]);

export function alert(block) {
  const level = LEVELS.has(block.level) ? block.level : "default";
  return h(
    "div",
    { class: `alert alert-${level}`, role: level === "error" ? "alert" : "status" },
    h("span", { class: "alert-icon" }, icon(ICONS[level] ?? "info")),
    h("div", { class: "alert-text" }, textNode(block.text)),
  );
}
