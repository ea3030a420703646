// The inputs that one types into: plain text, number, URL and e-mail.
import { h } from "../dom.js";
import { plain } from "../text.js";
import { stateOf, valueOf } from "./values.js";

const MODES = { number_input: "decimal", url_text_input: "url", email_text_input: "email" };

function triggers(element) {
  return element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
}

export function textInput(element, context) {
  const { scope, blockId } = context;
  const multiline = element.type === "plain_text_input" && element.multiline === true;
  const input = h(multiline ? "textarea" : "input", {
    class: "text-input",
    id: context.inputId,
    type: multiline ? null : "text",
    rows: multiline ? 3 : null,
    inputmode: MODES[element.type],
    maxlength: element.max_length,
    placeholder: plain(element.placeholder) || null,
    "aria-label": context.labelId ? null : plain(element.placeholder) || element.action_id,
    "aria-required": context.required,
    "aria-describedby": context.describedBy,
    autocomplete: "off",
    spellcheck: multiline ? "true" : "false",
  });
  input.value = valueOf(element, scope.read(blockId, element)) ?? "";
  const counter = element.max_length && multiline ? h("span", { class: "counter", "aria-hidden": "true" }) : null;
  const count = () => {
    if (counter) counter.textContent = String(element.max_length - input.value.length);
  };
  count();
  input.addEventListener("input", () => {
    count();
    scope.write(blockId, element, stateOf(element, input.value === "" ? null : input.value));
    if (context.dispatches && triggers(element).includes("on_character_entered")) scope.act(blockId, element, input.value || null);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (multiline && !(event.ctrlKey || event.metaKey)) return;
    if (!multiline && context.dispatches && triggers(element).includes("on_enter_pressed")) {
      event.preventDefault();
      scope.act(blockId, element, input.value || null);
    } else if (multiline) {
      event.preventDefault();
      input.form?.requestSubmit();
    }
  });
  if (element.focus_on_load) input.dataset.focusOnLoad = "true";
  return { node: h("div", { class: "text-field" }, input, counter), control: input };
}
