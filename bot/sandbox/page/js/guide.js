// Tells a new user what to try first.
import { h } from "./dom.js";
import { page } from "./state.js";

const STEPS = [
  ["Ask.", " As Rita Requester, type ", "/route-number", " in a channel, choose a number and another agent, give a reason, and press Ask for approval."],
  ["Try to approve it yourself.", " Press Approve on the card: the bot refuses, because two people are needed."],
  ["Approve.", " Switch to Alan Approver at the top right (or open him in a second window) and press Approve."],
  ["Read the thread.", " Open the replies of the card: the decision, then the assignment as UponAI returned it, with Revert."],
  ["Make it hard.", " Open Behind the scenes, let UponAI lose its answer or kill the worker, and watch the record stay true."],
];

/** The steps as an ordered list; `count` leaves out the later ones. */
export function steps(count = STEPS.length) {
  const item = ([head, text, code, rest]) => h("li", null, h("strong", null, head), text, code ? h("code", { class: "code" }, code) : null, rest);
  return h("ol", { class: "steps" }, STEPS.slice(0, count).map(item));
}

export function welcome() {
  if (page.snapshot?.commands.length === 0) return null;
  return h("div", { class: "welcome" }, h("h4", null, "Try this first"), steps(4));
}
