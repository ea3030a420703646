// Completion of slash commands above the composer, and the hint once a command stands there.
import { appIcon } from "./avatar.js";
import { h, newId, place } from "./dom.js";
import { page } from "./state.js";

export class CommandMenu {
  constructor(textarea) {
    this.textarea = textarea;
    this.id = newId("commands");
    this.shown = [];
    this.active = 0;
    this.dismissedFor = null;
    this.list = h("div", { class: "command-list", role: "listbox", id: this.id, "aria-label": "Commands" });
    this.hint = h("div", { class: "command-hint", id: newId("hint") });
    this.node = h("div", { class: "command-menu", hidden: true }, this.hint, this.list);
    textarea.setAttribute("aria-autocomplete", "list");
    textarea.setAttribute("aria-controls", this.id);
  }

  get isOpen() {
    return !this.node.hidden && this.shown.length > 0;
  }

  update() {
    const text = this.textarea.value;
    const commands = page.snapshot?.commands ?? [];
    const word = /^\/\S*/.exec(text)?.[0];
    const typing = word !== undefined && word === text && text !== this.dismissedFor;
    this.shown = typing ? commands.filter((one) => one.command.startsWith(word) && one.command !== word) : [];
    const whole = commands.find((one) => one.command === word);
    place(this.hint, whole ? [hintNode(whole)] : []);
    this.hint.hidden = !whole;
    this.list.hidden = !this.shown.length;
    this.active = 0;
    this.node.hidden = !this.shown.length && !whole;
    this.draw();
    if (whole) this.textarea.setAttribute("aria-describedby", this.hint.id);
    else this.textarea.removeAttribute("aria-describedby");
  }

  draw() {
    place(this.list, this.shown.map((command, index) => this.optionNode(command, index)));
    if (this.isOpen) this.textarea.setAttribute("aria-activedescendant", `${this.id}-${this.active}`);
    else this.textarea.removeAttribute("aria-activedescendant");
  }

  optionNode(command, index) {
    return h(
      "div",
      {
        class: `command${index === this.active ? " active" : ""}`,
        role: "option",
        id: `${this.id}-${index}`,
        "aria-selected": index === this.active ? "true" : "false",
        onMousedown: (event) => {
          event.preventDefault();
          this.complete(command);
        },
      },
      appIcon(28),
      h(
        "span",
        { class: "command-text" },
        h("span", null, h("strong", null, command.command), " ", h("span", { class: "command-usage" }, command.usage_hint ?? "")),
        h("span", { class: "command-about" }, command.description ?? ""),
      ),
    );
  }

  complete(command) {
    this.textarea.value = `${command.command} `;
    this.textarea.dispatchEvent(new Event("input"));
  }

  /** Handle a key while the menu is open; answers whether it was used. */
  key(event) {
    if (!this.isOpen) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.active = (this.active + step + this.shown.length) % this.shown.length;
      this.draw();
    } else if (event.key === "Enter" || event.key === "Tab") {
      this.complete(this.shown[this.active]);
    } else if (event.key === "Escape") {
      this.dismissedFor = this.textarea.value;
      this.update();
    } else {
      return false;
    }
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}

function hintNode(command) {
  return h(
    "span",
    null,
    h("strong", null, command.command),
    " ",
    h("span", { class: "command-usage" }, command.usage_hint ?? ""),
    command.description ? ` — ${command.description}` : "",
  );
}
