// The input block: label, control, hint and error. It is redrawn in place so that nobody loses what they type.
import { h, newId, place } from "../dom.js";
import { icon } from "../icons.js";
import { plain } from "../text.js";

function idsFor(scope, block) {
  const key = `${block.block_id}/${block.element.action_id}`;
  let ids = scope.ids.get(key);
  if (!ids) {
    ids = { input: newId("input"), label: newId("label"), hint: newId("hint"), error: newId("error") };
    scope.ids.set(key, ids);
  }
  return ids;
}

function describe(control, ids, hasHint, hasError) {
  const described = [hasError && ids.error, hasHint && ids.hint].filter(Boolean).join(" ");
  if (described) control.setAttribute("aria-describedby", described);
  else control.removeAttribute("aria-describedby");
  if (hasError) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
}

export function inputBlock(block, scope) {
  const ids = idsFor(scope, block);
  const optional = block.optional === true;
  const built = scope.element(block, block.element, {
    block,
    inputId: ids.input,
    labelId: ids.label,
    required: optional ? null : true,
    optional,
    dispatches: block.dispatch_action === true,
  });
  const error = scope.errorOf(block.block_id);
  const target = built.control ?? built.node;
  describe(target, ids, Boolean(block.hint), Boolean(error));
  const label = built.group
    ? h("div", { class: "label", id: ids.label }, plain(block.label))
    : h("label", { class: "label", id: ids.label, for: ids.input }, plain(block.label));
  const head = h("div", { class: "label-row" }, label, optional ? h("span", { class: "optional" }, "(optional)") : null);
  const complaint = error ? h("div", { class: "field-error", id: ids.error }, icon("warning", 16), h("span", null, error)) : null;
  const hint = block.hint ? h("div", { class: "hint", id: ids.hint }, plain(block.hint)) : null;
  const frame = scope.frames.get(block.block_id) ?? h("div", { class: "input-block" });
  scope.frames.set(block.block_id, frame);
  frame.classList.toggle("has-error", Boolean(error));
  const parts = [head, built.node, complaint, hint].filter(Boolean);
  const rest = parts.filter((part) => part !== built.node);
  if (built.node.parentNode === frame) {
    for (const child of [...frame.children]) if (child !== built.node) child.remove();
    built.node.before(head);
    built.node.after(...rest.filter((part) => part !== head));
  } else {
    place(frame, parts);
  }
  return frame;
}
