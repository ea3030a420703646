// Finds the builder for an element by its type.
import { h } from "../dom.js";
import { button, overflow } from "./button.js";
import { checkboxes, radioButtons } from "./choices.js";
import { image } from "./image.js";
import { picker } from "./pickers.js";
import { multiSelect, select } from "./select.js";
import { textInput } from "./text_inputs.js";

const BUILDERS = {
  button,
  workflow_button: button,
  overflow,
  image,
  checkboxes,
  radio_buttons: radioButtons,
  plain_text_input: textInput,
  number_input: textInput,
  url_text_input: textInput,
  email_text_input: textInput,
  datepicker: picker,
  timepicker: picker,
  datetimepicker: picker,
  static_select: select,
  external_select: select,
  users_select: select,
  conversations_select: select,
  channels_select: select,
  multi_static_select: multiSelect,
  multi_external_select: multiSelect,
  multi_users_select: multiSelect,
  multi_conversations_select: multiSelect,
  multi_channels_select: multiSelect,
};

/** Build an element. The answer holds its node and, unless it is a group, the control that a label names. */
export function buildElement(element, context) {
  const builder = BUILDERS[element.type];
  if (!builder) {
    const node = h("span", { class: "unknown" }, `[${element.type} is not shown by this stand-in]`);
    return { node, control: null };
  }
  const built = builder(element, context);
  if (element.action_id) built.node.dataset.actionId = element.action_id;
  return built;
}
