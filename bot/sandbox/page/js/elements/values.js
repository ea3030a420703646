// Knows, for every stateful element, how Slack writes its value in `state.values` and where its initial value stands.

const SHAPES = {
  plain_text_input: ["value", "initial_value"],
  number_input: ["value", "initial_value"],
  url_text_input: ["value", "initial_value"],
  email_text_input: ["value", "initial_value"],
  datepicker: ["selected_date", "initial_date"],
  timepicker: ["selected_time", "initial_time"],
  datetimepicker: ["selected_date_time", "initial_date_time"],
  static_select: ["selected_option", "initial_option"],
  external_select: ["selected_option", "initial_option"],
  radio_buttons: ["selected_option", "initial_option"],
  users_select: ["selected_user", "initial_user"],
  conversations_select: ["selected_conversation", "initial_conversation"],
  channels_select: ["selected_channel", "initial_channel"],
  checkboxes: ["selected_options", "initial_options"],
  multi_static_select: ["selected_options", "initial_options"],
  multi_external_select: ["selected_options", "initial_options"],
  multi_users_select: ["selected_users", "initial_users"],
  multi_conversations_select: ["selected_conversations", "initial_conversations"],
  multi_channels_select: ["selected_channels", "initial_channels"],
};

export const isStateful = (element) => element.type in SHAPES;
const isList = (type) => type === "checkboxes" || type.startsWith("multi_");

/** Wrap a value as state, in the form that Slack sends. */
export function stateOf(element, value) {
  const [key] = SHAPES[element.type];
  return { type: element.type, [key]: value ?? (isList(element.type) ? [] : null) };
}

export function initialState(element) {
  return stateOf(element, element[SHAPES[element.type][1]] ?? null);
}

/** The bare value inside a state, as it also stands in an action. */
export function valueOf(element, state) {
  const value = state?.[SHAPES[element.type][0]];
  return value ?? (isList(element.type) ? [] : null);
}

export function isEmpty(element, state) {
  const value = valueOf(element, state);
  return value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

/** An element without its initial value: two that agree in this are the same field to whoever fills it in. */
export function fieldPrint(element) {
  const kept = Object.entries(element).filter(([key]) => !key.startsWith("initial_"));
  return JSON.stringify(kept);
}

/** Every element of a block that can hold a value or be pressed. */
export function elementsOf(block) {
  if (block.type === "input") return [block.element];
  if (block.type === "section") return block.accessory ? [block.accessory] : [];
  if (block.type === "actions") return block.elements;
  return [];
}
