// The checks that Slack's own clients make before a view is sent.
import { isEmpty, valueOf } from "./elements/values.js";

function numberError(element, text) {
  if (!/^-?\d+([.]\d+)?$/.test(text.trim())) return "Please enter a valid number.";
  if (!element.is_decimal_allowed && text.includes(".")) return "Please enter a whole number.";
  const value = Number(text);
  if (element.min_value !== undefined && value < Number(element.min_value)) return `Please enter a number that is ${element.min_value} or more.`;
  if (element.max_value !== undefined && value > Number(element.max_value)) return `Please enter a number that is ${element.max_value} or less.`;
  return null;
}

function urlError(text) {
  return URL.canParse(text) && /^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text) ? null : "Please enter a valid URL.";
}

function errorOf(element, text) {
  if (element.type === "number_input") return numberError(element, text);
  if (element.type === "url_text_input") return urlError(text);
  if (element.type === "email_text_input") return /^\S+@\S+\.\S+$/.test(text) ? null : "Please enter a valid email address.";
  if (element.type === "plain_text_input" && element.min_length && text.length < element.min_length) {
    return `Please enter at least ${element.min_length} characters.`;
  }
  return null;
}

/** Find what keeps a view from being sent: {block_id: sentence}. */
export function complaints(scope) {
  const errors = {};
  for (const block of scope.blocks) {
    if (block.type !== "input") continue;
    const state = scope.read(block.block_id, block.element);
    if (isEmpty(block.element, state)) {
      if (!block.optional) errors[block.block_id] = "Please complete this required field.";
      continue;
    }
    const value = valueOf(block.element, state);
    const error = typeof value === "string" ? errorOf(block.element, value) : null;
    if (error) errors[block.block_id] = error;
  }
  return errors;
}
