// The person switcher: who this window is, and whom it or another window may become.
import { avatar } from "./avatar.js";
import { h, newId, place } from "./dom.js";
import { become } from "./events.js";
import { icon } from "./icons.js";
import { me, page } from "./state.js";

const roleOf = (one) => (one.deleted ? "Deactivated" : one.title);

export class PersonSwitcher {
  constructor() {
    const id = newId("people");
    this.button = h("button", { type: "button", class: "person-button", "aria-haspopup": "true", "aria-expanded": "false", "aria-controls": id, onClick: () => this.toggle() });
    this.panel = h("div", { class: "person-panel", id, hidden: true, role: "group", "aria-label": "Be another person" });
    this.node = h("div", { class: "person-switcher" }, this.button, this.panel);
    this.node.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("pointerdown", (event) => {
      if (!this.node.contains(event.target)) this.toggle(false);
    });
  }

  toggle(open = this.panel.hidden) {
    this.panel.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.panel.querySelector("button")?.focus();
  }

  key(event) {
    if (this.panel.hidden) return;
    if (event.key === "Escape") {
      this.toggle(false);
      this.button.focus();
      event.stopPropagation();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const stops = [...this.panel.querySelectorAll(".person-choice")];
    const index = stops.indexOf(document.activeElement.closest(".person-row")?.querySelector(".person-choice"));
    stops[(index + step + stops.length) % stops.length]?.focus();
    event.preventDefault();
  }

  draw() {
    const one = me();
    if (!one) return;
    const print = JSON.stringify([page.me, page.snapshot.people]);
    if (print === this.print) return;
    this.print = print;
    place(this.button, [
      avatar(one.id, 26),
      h(
        "span",
        { class: "person-now" },
        h("span", { class: "person-name" }, h("span", { class: "you-are" }, "You are "), one.real_name || one.name),
        h("span", { class: "person-role" }, roleOf(one)),
      ),
      icon("down", 16),
    ]);
    const people = page.snapshot.people.filter((other) => other.kind !== "bot");
    place(this.panel, [h("p", { class: "person-help" }, "Be someone else, here or in a second window"), ...people.map((other) => this.row(other))]);
  }

  row(other) {
    const name = other.real_name || other.name;
    const current = other.id === page.me;
    const choose = async () => {
      this.toggle(false);
      await become(other.id);
      this.button.focus();
    };
    return h(
      "div",
      { class: `person-row${current ? " current" : ""}` },
      h(
        "button",
        { type: "button", class: "person-choice", "aria-current": current || null, onClick: choose },
        avatar(other.id, 32),
        h("span", { class: "person-words" }, h("span", { class: "person-real" }, name), h("span", { class: "person-kind" }, roleOf(other))),
        current ? icon("check") : null,
      ),
      h(
        "a",
        { class: "icon-button", href: `?as=${encodeURIComponent(other.id)}`, target: "_blank", rel: "noopener", "aria-label": `Open a window as ${name}`, title: "Open in a new window" },
        icon("window", 16),
      ),
    );
  }
}
