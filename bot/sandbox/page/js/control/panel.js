// "Behind the scenes": what the stand-ins saw and the switches for what goes wrong in the world.
import { get, post, Refused } from "../api.js";
import { h } from "../dom.js";
import { refresh } from "../events.js";
import { steps } from "../guide.js";
import { icon } from "../icons.js";
import { page } from "../state.js";
import { toast } from "../toasts.js";
import { Faults, SLACK_FAULTS, UPONAI_FAULTS } from "./faults.js";
import { Numbers } from "./numbers.js";
import { Processes } from "./processes.js";
import { Requests } from "./requests.js";
import { SlackDeeds } from "./slack_deeds.js";
import { Tabs } from "./tabs.js";

const OPEN = "control-open";
const PACE = 2000;

/** Send a control call; what goes wrong is told, and the panel shows the new state at once. */
export async function steer(path, body) {
  try {
    await post(`/page/control/${path}`, body);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message, "error");
  }
  document.dispatchEvent(new Event("control:changed"));
  await refresh();
}

const titled = (title, about, ...nodes) => h("section", { class: "control-section" }, h("h3", null, title), about ? h("p", { class: "control-about" }, about) : null, nodes);

export class ControlPanel {
  constructor() {
    this.numbers = new Numbers(steer);
    this.requests = new Requests("uponai");
    this.slackRequests = new Requests("slack");
    this.uponaiFaults = new Faults(UPONAI_FAULTS, (fault, on) => steer("uponai", { fault, on }));
    this.slackFaults = new Faults(SLACK_FAULTS, (fault, on) => steer("slack", { fault, on }));
    this.deeds = new SlackDeeds(steer);
    this.processes = new Processes(steer);
    this.tabs = new Tabs("Behind the scenes", [
      ["Try it", titled("What to try first", null, steps())],
      ["Numbers", titled("Phone numbers", "As they are in UponAI now. Change one there, behind the bot's back: a change that waits for approval ends, and where a number was changed by the bot before, its channel is told within half a minute.", this.numbers.node)],
      ["Requests", titled("What UponAI received", "Newest first. A PUT is the only call that changes anything; open it to read its body.", this.requests.node)],
      ["Faults", titled("Make UponAI fail", "Each switch stays on until you turn it off.", this.uponaiFaults.node)],
      ["Slack", h("div", null, titled("Make Slack fail", null, this.slackFaults.node), this.deeds.node, titled("What Slack received", "The bot's calls of the Web API, newest first.", this.slackRequests.node))],
      ["Processes", titled("Kill and restart", "A kill is a kill -9: no goodbye, no clean-up. What was accepted still comes to its end, once.", this.processes.node)],
    ]);
    const close = h("button", { type: "button", class: "icon-button", "aria-label": "Close behind the scenes", onClick: () => this.toggle(false) }, icon("close"));
    this.node = h("aside", { class: "control", id: "control", "aria-label": "Behind the scenes", hidden: true }, h("header", { class: "control-head" }, h("h2", null, "Behind the scenes"), close), this.tabs.node);
    this.toggleButton = h("button", { type: "button", class: "control-toggle", "aria-label": "Behind the scenes", "aria-controls": "control", "aria-expanded": "false", onClick: () => this.toggle() }, icon("gear"), h("span", null, "Behind the scenes"));
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      this.toggle(false);
      this.toggleButton.focus();
    });
    document.addEventListener("control:changed", () => this.load());
    if (sessionStorage.getItem(OPEN) === "true") this.toggle(true);
  }

  toggle(open = this.node.hidden) {
    this.node.hidden = !open;
    this.toggleButton.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("has-control", open);
    sessionStorage.setItem(OPEN, String(open));
    clearInterval(this.timer);
    if (!open) return;
    this.load();
    // The requests that UponAI receives change nothing that a person in Slack sees, so no event tells of them.
    this.timer = setInterval(() => this.load(), PACE);
  }

  /** The workspace changed, so the stand-ins behind it have probably changed too. */
  draw() {
    if (this.node.hidden || page.snapshot.revision === this.revision) return;
    this.revision = page.snapshot.revision;
    this.load();
  }

  async load() {
    if (this.loading || this.node.hidden) return;
    this.loading = true;
    try {
      this.show(await get("/page/control/state"));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    } finally {
      this.loading = false;
    }
  }

  show({ slack, uponai, processes }) {
    this.numbers.draw(uponai?.numbers ?? [], uponai?.agents ?? []);
    this.uponaiFaults.draw(uponai?.faults ?? {});
    this.requests.draw(uponai?.requests ?? []);
    this.slackFaults.draw(slack?.faults ?? {});
    this.slackRequests.draw(slack?.requests ?? []);
    this.deeds.draw();
    this.processes.draw(processes ?? []);
  }
}
