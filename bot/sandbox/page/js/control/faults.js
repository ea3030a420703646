// Switches for what can go wrong, each with a sentence on what it shows.
import { h, keyed, newId } from "../dom.js";

export const UPONAI_FAULTS = {
  slow: ["UponAI is slow", "Answers come late. The card says applying until they do."],
  rate_limit: ["Too many requests (429)", "Nothing is applied; the bot waits as long as Retry-After says, then goes on."],
  error: ["Error (500)", "Nobody knows whether it was applied: the bot looks before it sends again."],
  refuse: ["Refuse (422)", "A clear no. The change fails, UponAI's own words stand in the thread."],
  success_false: ["200, but not a success", "The answer says success: false. The bot does not call that applied."],
  unauthorized: ["Token refused (401)", "A configuration fault: the thread names the setting, other changes go on."],
  lost_answer: ["Answer lost after applying", "The change is live, the answer never comes. The bot reads back and does not send twice."],
  lost_before: ["Connection lost before applying", "Nothing was changed. The bot looks, sees that, and sends once more."],
  unreadable: ["Unreadable answer", "Applied, but the answer is broken JSON. The bot believes only what it reads back."],
  import_error: ["Not arrived at the telephony platform", "Applied, with platform_import_error: shown as such, not as a plain success."],
  drops_webhook: ["Drops the webhook", "A field that nobody touched disappears. The change ends unclear and names the field."],
  interferes: ["Somebody else writes at once", "Another write lands before the read-back. The bot calls a person."],
  late: ["Applied late", "The connection is closed and the change lands seconds later. The number is held until then."],
  down: ["UponAI is down", "Every connection is closed. Asking and approving go on; nothing is lost."],
};

export const SLACK_FAULTS = {
  rate_limit: ["Slack asks to slow down (429)", "Calls are refused for a while. The card catches up when it may."],
  down: ["Slack is down", "The bot cannot reach Slack. What was decided stands, card and thread follow later."],
  slow: ["Slack is slow", "Slack's answers come late. Presses are still acknowledged in time."],
};

export class Faults {
  constructor(words, onSwitch) {
    this.words = words;
    this.onSwitch = onSwitch;
    this.node = h("ul", { class: "faults" });
  }

  /** Show the faults that the stand-in has, also those without words here. */
  draw(present) {
    const names = [...new Set([...Object.keys(this.words), ...Object.keys(present)])];
    keyed(this.node, names, {
      key: (name) => name,
      print: () => "",
      build: (name) => this.switchNode(name),
    });
    for (const name of names) {
      const button = this.node.querySelector(`[data-fault="${CSS.escape(name)}"]`);
      button.setAttribute("aria-checked", String(isOn(present[name])));
    }
  }

  switchNode(name) {
    const [title, about] = this.words[name] ?? [name.replaceAll("_", " "), ""];
    const id = newId("fault");
    const button = h("button", {
      type: "button",
      class: "switch",
      role: "switch",
      "aria-checked": "false",
      "aria-labelledby": id,
      "aria-describedby": `${id}-about`,
      dataset: { fault: name },
      onClick: () => this.onSwitch(name, button.getAttribute("aria-checked") !== "true"),
    });
    return h("li", { class: "fault" }, button, h("div", null, h("span", { class: "fault-name", id }, title), h("span", { class: "fault-about", id: `${id}-about` }, about)));
  }
}

function isOn(value) {
  return typeof value === "object" && value !== null ? value.on !== false : Boolean(value);
}
