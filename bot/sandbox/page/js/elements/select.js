// Selects of one option and of many.
import { h, place } from "../dom.js";
import { icon } from "../icons.js";
import { plain } from "../text.js";
import { Combobox } from "./combobox.js";
import { sourceOf } from "./sources.js";
import { stateOf, valueOf } from "./values.js";

function changed(element, context, value) {
  context.scope.write(context.blockId, element, stateOf(element, value));
  if (context.dispatches) context.scope.act(context.blockId, element, value);
}

export function select(element, context) {
  const source = sourceOf(element, context);
  const value = valueOf(element, context.scope.read(context.blockId, element));
  let chosen = value === null ? null : source.toOption(value);
  const frame = h("div", { class: "select" });
  const take = (option) => {
    const same = option?.value === chosen?.value;
    chosen = option;
    clear.hidden = !context.optional || chosen === null;
    if (!same) changed(element, context, option && source.toValue(option));
  };
  const box = new Combobox({
    element,
    context,
    source,
    anchor: frame,
    onPick: take,
    onErase: context.optional ? () => take(null) : null,
    isSelected: (option) => option.value === chosen?.value,
    restingText: () => (chosen ? plain(chosen.text) : ""),
  });
  const clear = h(
    "button",
    {
      type: "button",
      class: "select-clear",
      "aria-label": "Clear selection",
      onClick: () => {
        box.close();
        take(null);
        box.rest();
        box.input.focus();
      },
    },
    icon("close", 14),
  );
  clear.hidden = !context.optional || chosen === null;
  frame.append(box.input, clear, h("span", { class: "select-arrow" }, icon("down", 16)), box.list.node);
  box.rest();
  return { node: frame, control: box.input };
}

export function multiSelect(element, context) {
  const source = sourceOf(element, context);
  let chosen = valueOf(element, context.scope.read(context.blockId, element)).map(source.toOption);
  const most = element.max_selected_items ?? Infinity;
  const tokens = h("span", { class: "tokens" });
  const frame = h("div", { class: "select select-multi" });
  const take = (next) => {
    chosen = next;
    drawTokens();
    changed(element, context, chosen.map(source.toValue));
  };
  const toggle = (option) => {
    const without = chosen.filter((one) => one.value !== option.value);
    if (without.length < chosen.length) take(without);
    else if (chosen.length < most) take([...chosen, option]);
  };
  const box = new Combobox({
    element,
    context,
    source,
    anchor: frame,
    multiple: true,
    onPick: toggle,
    isSelected: (option) => chosen.some((one) => one.value === option.value),
    restingText: () => "",
  });
  function drawTokens() {
    const draw = (option) => {
      const name = plain(option.text);
      const remove = h("button", { type: "button", "aria-label": `Remove ${name}`, onClick: () => toggle(option) }, icon("close", 12));
      return h("span", { class: "token" }, name, remove);
    };
    place(tokens, chosen.map(draw));
  }
  box.input.addEventListener("keydown", (event) => {
    if (event.key === "Backspace" && box.input.value === "" && chosen.length) take(chosen.slice(0, -1));
  });
  drawTokens();
  frame.append(tokens, box.input, h("span", { class: "select-arrow" }, icon("down", 16)), box.list.node);
  return { node: frame, control: box.input };
}
