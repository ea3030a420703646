// Tells a new user what to try first, until they have had enough of it.
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { channel, isApp, page, redraw } from "./state.js";

const DISMISSED = "welcome-dismissed";
const STEPS = [
  ["Ask.", " As Rita, type ", "/route-number", ", pick a number and another agent, give a reason, and press Ask for approval."],
  ["Try to approve it yourself.", " Press Approve on the card. The bot refuses: someone else must approve it."],
  ["Approve.", " Become Alan, at the top right or in a second window, and press Approve."],
  ["Read the thread.", " Open the card's replies: who decided, then what is live, with Revert."],
  ["Make it hard.", " Open Behind the scenes. Lose UponAI's answer or kill the worker: the card still comes to tell the truth."],
];

/** The steps as an ordered list; `count` leaves out the later ones. */
export function steps(count = STEPS.length) {
  const item = ([head, text, code, rest]) => h("li", null, h("strong", null, head), text, code ? h("code", { class: "code" }, code) : null, rest);
  return h("ol", { class: "steps" }, STEPS.slice(0, count).map(item));
}

/** The first steps at the head of a channel, until somebody dismisses them for good. */
export class Welcome {
  constructor() {
    const close = h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss what to try first", title: "Dismiss", onClick: () => this.dismiss() }, icon("close", 16));
    const summary = h("summary", null, icon("down", 16), h("h3", null, "Try this first"));
    // On a phone the steps would fill the screen, so they wait to be opened.
    const details = h("details", { open: innerWidth > 760 }, summary, steps(4));
    this.node = h("section", { class: "welcome", "aria-label": "Try this first", hidden: true }, details, close);
  }

  dismiss() {
    localStorage.setItem(DISMISSED, "true");
    redraw();
    document.querySelector(".pane .composer textarea")?.focus({ preventScroll: true });
  }

  draw() {
    const one = channel();
    const isPlace = one && one.bot_is_member && !one.is_archived && !isApp(one);
    this.node.hidden = !isPlace || page.snapshot.commands.length === 0 || localStorage.getItem(DISMISSED) !== null;
  }
}
