// The bot's processes, to be killed and started again.
import { h, keyed } from "../dom.js";

export class Processes {
  constructor(steer) {
    this.steer = steer;
    this.empty = h("p", { class: "control-empty" }, "The stand-in does not look after the bot's processes here.");
    this.list = h("ul", { class: "processes" });
    this.node = h("div", null, this.empty, this.list);
  }

  draw(processes) {
    this.empty.hidden = processes.length > 0;
    keyed(this.list, processes, {
      key: (one) => one.name,
      print: (one) => JSON.stringify(one),
      build: (one) => this.processNode(one),
    });
  }

  processNode(one) {
    const running = one.state === "running";
    const act = (action, label, style) =>
      h("button", { type: "button", class: `button button-small${style}`, "aria-label": `${label} ${one.name}`, onClick: () => this.steer("process", { name: one.name, action }) }, label);
    return h(
      "li",
      { class: "process" },
      h("span", { class: `lamp${running ? " lamp-on" : ""}`, "aria-hidden": "true" }),
      h("span", { class: "process-words" }, h("strong", null, one.name), h("span", { class: "process-state" }, one.state + (one.pid ? `, pid ${one.pid}` : ""))),
      running ? act("kill", "Kill", " button-danger") : null,
      act("restart", "Restart", ""),
    );
  }
}
