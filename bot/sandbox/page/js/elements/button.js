// Buttons and overflow menus: both may ask first, and both are out of use while Slack waits for the app.
import { confirmFirst } from "../confirm.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { follow } from "../permalink.js";
import { plain } from "../text.js";
import { Listbox } from "./listbox.js";

async function press(node, element, context, value) {
  if (node.getAttribute("aria-disabled") === "true") return;
  if (element.confirm && !(await confirmFirst(element.confirm, element.style))) return;
  node.setAttribute("aria-disabled", "true");
  node.classList.add("busy");
  try {
    await context.scope.act(context.blockId, element, value);
  } finally {
    node.removeAttribute("aria-disabled");
    node.classList.remove("busy");
  }
}

export function button(element, context) {
  const style = element.style === "primary" || element.style === "danger" ? ` button-${element.style}` : "";
  const node = h(
    "button",
    {
      type: "button",
      class: `button${style}`,
      "data-action-id": element.action_id,
      "aria-label": element.accessibility_label || null,
      onClick: () => {
        if (element.url && /^https?:/i.test(element.url) && !follow(element.url)) {
          window.open(element.url, "_blank", "noopener");
        }
        press(node, element, context, null);
      },
    },
    h("span", { class: "button-text" }, plain(element.text)),
  );
  return { node, control: node };
}

export function overflow(element, context) {
  const node = h(
    "button",
    { type: "button", class: "button button-overflow", "aria-label": "More actions", "aria-haspopup": "listbox", "aria-expanded": "false" },
    icon("more"),
  );
  const frame = h("span", { class: "overflow" }, node);
  const list = new Listbox({ anchor: node, label: "Choices", onPick: (option) => choose(option) });
  list.node.classList.add("listbox-menu");
  node.setAttribute("aria-controls", list.id);
  list.onActive = (id) => (id ? node.setAttribute("aria-activedescendant", id) : node.removeAttribute("aria-activedescendant"));
  const close = () => {
    list.close();
    node.setAttribute("aria-expanded", "false");
  };
  function choose(option) {
    close();
    if (option.url && /^https?:/i.test(option.url)) window.open(option.url, "_blank", "noopener");
    press(node, element, context, option);
  }
  node.addEventListener("click", () => {
    if (list.isOpen) {
      close();
      return;
    }
    list.open();
    list.show([{ options: element.options }], () => false);
    list.setActive(0);
    node.setAttribute("aria-expanded", "true");
  });
  node.addEventListener("keydown", (event) => {
    if (!list.isOpen) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) list.move(step);
    else if (event.key === "Enter" || event.key === " ") list.pickActive();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  node.addEventListener("blur", close);
  frame.append(list.node);
  return { node: frame, control: node };
}
