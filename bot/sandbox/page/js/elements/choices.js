// Radio buttons and checkboxes.
import { h, newId } from "../dom.js";
import { plain, textNode } from "../text.js";
import { stateOf, valueOf } from "./values.js";

function choice(option, { type, name, checked, onChange }) {
  const id = newId("choice");
  const describedBy = option.description ? newId("about") : null;
  const input = h("input", { type, id, name, checked, "aria-describedby": describedBy, onChange });
  input.checked = checked;
  const label = h("label", { for: id }, textNode(option.text));
  const about = option.description ? h("div", { class: "choice-about", id: describedBy }, textNode(option.description)) : null;
  return { input, node: h("div", { class: "choice" }, input, h("div", { class: "choice-text" }, label, about)) };
}

function groupNode(role, element, context, nodes) {
  return h(
    "div",
    {
      class: "choices",
      role,
      "aria-labelledby": context.labelId,
      "aria-label": context.labelId ? null : plain(element.options[0]?.text),
      "aria-required": role === "radiogroup" ? context.required : null,
      "aria-describedby": context.describedBy,
    },
    nodes,
  );
}

export function radioButtons(element, context) {
  const { scope, blockId } = context;
  const selected = valueOf(element, scope.read(blockId, element));
  const name = newId("radio");
  const choices = element.options.map((option) =>
    choice(option, {
      type: "radio",
      name,
      checked: option.value === selected?.value,
      onChange: () => {
        scope.write(blockId, element, stateOf(element, option));
        if (context.dispatches) scope.act(blockId, element, option);
      },
    }),
  );
  return { node: groupNode("radiogroup", element, context, choices.map((one) => one.node)), group: true };
}

export function checkboxes(element, context) {
  const { scope, blockId } = context;
  const selected = new Set(valueOf(element, scope.read(blockId, element)).map((option) => option.value));
  const choices = element.options.map((option) =>
    choice(option, { type: "checkbox", name: null, checked: selected.has(option.value), onChange: changed }),
  );
  function changed() {
    const chosen = element.options.filter((_option, index) => choices[index].input.checked);
    scope.write(blockId, element, stateOf(element, chosen));
    if (context.dispatches) scope.act(blockId, element, chosen);
  }
  return { node: groupNode("group", element, context, choices.map((one) => one.node)), group: true };
}
