// Section, actions and context blocks.
import { h } from "../dom.js";
import { imageNode } from "../elements/image.js";
import { textNode } from "../text.js";

const dispatching = (block) => ({ block, dispatches: true, optional: false, required: null });

export function section(block, scope) {
  const text = block.text ? h("div", { class: "section-text" }, textNode(block.text)) : null;
  const fields = block.fields ? h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "field" }, textNode(field)))) : null;
  const accessory = block.accessory ? h("div", { class: "accessory" }, scope.element(block, block.accessory, dispatching(block)).node) : null;
  return h("div", { class: "section" }, h("div", { class: "section-body" }, text, fields), accessory);
}

export function actions(block, scope) {
  return h("div", { class: "actions" }, block.elements.map((element) => scope.element(block, element, dispatching(block)).node));
}

export function context(block) {
  const draw = (element) => {
    if (element.type === "image") return imageNode(element.image_url, element.alt_text, "image-tiny");
    return h("span", { class: "context-text" }, textNode(element));
  };
  return h("div", { class: "context" }, block.elements.map(draw));
}
