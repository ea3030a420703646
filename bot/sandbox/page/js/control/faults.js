// Switches for what can go wrong, each with a sentence on what it shows.
import { h, keyed, newId } from "../dom.js";

export const UPONAI_FAULTS = {
  slow: ["UponAI is slow", "Answers come after the bot stopped waiting. It looks, finds the change live, and sends nothing twice."],
  rate_limit: ["Too many requests (429)", "UponAI takes nothing. The bot waits as long as Retry-After says, then sends."],
  error: ["Error (500)", "Nobody knows whether it took effect. The bot looks before it sends again."],
  refuse: ["Refuse (422)", "A clear no. The change fails, with UponAI's own words in the thread."],
  success_false: ["200, but not a success", "The answer says success: false. The change fails, with UponAI's own words in the thread."],
  unauthorized: ["Token refused (401)", "The bot's token is no longer valid. Approved changes wait, and the thread names the setting."],
  lost_answer: ["Answer lost after applying", "The change is live, but the answer never comes. The bot looks, and does not send twice."],
  lost_before: ["Connection lost before applying", "Nothing was changed. The bot looks, sees that, and sends again."],
  unreadable: ["Unreadable answer", "Applied, but the answer is broken JSON. The bot looks, and believes only what it can read."],
  import_error: ["Not arrived at the telephony platform", "UponAI took it, the platform behind it did not. The change ends unclear: a person must look."],
  drops_webhook: ["Drops the webhook", "Take a number that has one. A field that nobody touched is gone: the change ends unclear and names it."],
  interferes: ["Someone else writes at once", "Another write lands right after the bot's. The change ends unclear: a person must look."],
  late: ["Applied late", "The connection breaks, and the change lands a moment later. The bot waits before it looks, and does not send twice."],
  down: ["UponAI is down", "Nothing can be sent. Requests and approvals still work, and what was approved is sent later."],
};

export const SLACK_FAULTS = {
  rate_limit: ["Slack asks to slow down (429)", "Slack refuses the bot's calls. What was approved before is still applied; card and thread catch up."],
  down: ["Slack is down", "The bot cannot look up who presses, and refuses whom it has not checked within the last minute. What was approved before is still applied; card and thread catch up."],
  slow: ["Slack is slow", "Slack answers two seconds late. Presses still count, and card and thread follow."],
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
