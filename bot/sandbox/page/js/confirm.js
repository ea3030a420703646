// Slack's confirm dialog, shown by the page itself before a button's action is sent.
import { h, newId } from "./dom.js";
import { openLayer } from "./layers.js";
import { plain, textNode } from "./text.js";

/** Ask, and answer true when the person confirms. */
export function confirmFirst(confirm, elementStyle) {
  return new Promise((resolve) => {
    const titleId = newId("confirm");
    const textId = newId("confirm");
    const danger = (confirm.style ?? elementStyle) === "danger";
    const root = h("div", { class: "overlay overlay-confirm" });
    const finish = (answer) => {
      root.remove();
      close();
      resolve(answer);
    };
    const deny = h("button", { type: "button", class: "button", onClick: () => finish(false) }, plain(confirm.deny) || "Cancel");
    const agree = h(
      "button",
      { type: "button", class: `button ${danger ? "button-danger-solid" : "button-primary"}`, onClick: () => finish(true) },
      plain(confirm.confirm) || "Yes",
    );
    const dialog = h(
      "div",
      { class: "dialog confirm", role: "dialog", "aria-modal": "true", "aria-labelledby": titleId, "aria-describedby": textId, tabindex: "-1" },
      h("h2", { class: "dialog-title", id: titleId }, plain(confirm.title) || "Are you sure?"),
      h("div", { class: "confirm-text", id: textId }, textNode(confirm.text)),
      h("div", { class: "dialog-foot" }, deny, agree),
    );
    root.append(dialog);
    document.getElementById("layers").append(root);
    const close = openLayer(root, { onEscape: () => finish(false) });
    agree.focus();
  });
}
