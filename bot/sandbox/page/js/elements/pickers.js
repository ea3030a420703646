// Date, time and date-time pickers, on the browser's own controls: they know the keyboard and the reader's habits.
import { h } from "../dom.js";
import { plain } from "../text.js";
import { stateOf, valueOf } from "./values.js";

const KINDS = { datepicker: "date", timepicker: "time", datetimepicker: "datetime-local" };
const pad = (number) => String(number).padStart(2, "0");

function toLocal(seconds) {
  const date = new Date(seconds * 1000);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

function toSlack(element, text) {
  if (text === "") return null;
  return element.type === "datetimepicker" ? Math.floor(new Date(text).getTime() / 1000) : text;
}

function toInput(element, value) {
  if (value === null) return "";
  return element.type === "datetimepicker" ? toLocal(value) : value;
}

export function picker(element, context) {
  const { scope, blockId } = context;
  const input = h("input", {
    class: "text-input picker",
    type: KINDS[element.type],
    id: context.inputId,
    "aria-label": context.labelId ? null : plain(element.placeholder) || KINDS[element.type],
    "aria-required": context.required,
    "aria-describedby": context.describedBy,
    title: plain(element.placeholder) || null,
  });
  input.value = toInput(element, valueOf(element, scope.read(blockId, element)));
  input.addEventListener("change", () => {
    const value = toSlack(element, input.value);
    scope.write(blockId, element, stateOf(element, value));
    if (context.dispatches) scope.act(blockId, element, value);
  });
  return { node: input, control: input };
}
