// The keyboard and type-ahead behind every select: an input with a listbox, after the ARIA combobox pattern.
import { h } from "../dom.js";
import { plain } from "../text.js";
import { Listbox } from "./listbox.js";

const PAUSE = 150;

export class Combobox {
  /** `source` finds options, `onPick` is told the chosen one, `isSelected` marks it, `restingText` is what stands there otherwise. */
  constructor({ element, context, source, anchor, multiple, onPick, onErase, isSelected, restingText }) {
    Object.assign(this, { source, onPick, onErase, isSelected, restingText });
    this.asked = 0;
    this.typed = false;
    this.input = h("input", {
      class: "combobox-input",
      id: context.inputId,
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: plain(element.placeholder) || (source.remote ? "Type to search" : "Select an option"),
      "aria-label": context.labelId ? null : plain(element.placeholder) || "Select an option",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-required": context.required,
      "aria-describedby": context.describedBy,
    });
    // The list must not carry the field's own name, or looking for the field by its name finds two things.
    this.list = new Listbox({ anchor: anchor ?? this.input, multiple, label: "Options", onPick: (option) => this.pick(option) });
    this.input.setAttribute("aria-controls", this.list.id);
    this.list.onActive = (id) => {
      if (id) this.input.setAttribute("aria-activedescendant", id);
      else this.input.removeAttribute("aria-activedescendant");
    };
    this.input.addEventListener("input", () => this.type());
    this.input.addEventListener("click", () => this.open());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => {
      // A live update may take the node out of the page for a moment; that is no leaving of the field.
      if (!context.scope.isRendering) this.leave();
    });
  }

  rest() {
    this.typed = false;
    this.input.value = this.restingText();
  }

  open() {
    if (this.list.isOpen) return;
    this.list.open();
    this.input.setAttribute("aria-expanded", "true");
    if (!this.typed) this.input.select();
    this.search(this.typed ? this.input.value : "");
  }

  close() {
    clearTimeout(this.timer);
    this.asked += 1;
    this.list.close();
    this.input.setAttribute("aria-expanded", "false");
  }

  type() {
    this.typed = true;
    if (this.list.isOpen) this.search(this.input.value);
    else this.open();
  }

  search(query) {
    clearTimeout(this.timer);
    this.asked += 1;
    const asked = this.asked;
    if (query.trim().length < this.source.shortest) {
      const left = this.source.shortest;
      this.list.say(`Type at least ${left} character${left === 1 ? "" : "s"} to search`);
      return;
    }
    // The answers to a former query go at once, or somebody picks from them believing that they fit.
    if (this.source.remote) this.list.say("Loading…");
    this.timer = setTimeout(() => this.fill(query, asked), this.source.remote && this.typed ? PAUSE : 0);
  }

  async fill(query, asked) {
    let groups;
    try {
      groups = await this.source.find(query);
    } catch (error) {
      if (asked === this.asked) this.list.say(error.message || "The options could not be loaded");
      return;
    }
    if (asked !== this.asked) return;
    if (groups.some((group) => group.options.length)) {
      this.list.show(groups, this.isSelected);
      if (this.list.active < 0) this.list.setActive(0);
    } else {
      this.list.say("No results");
    }
  }

  pick(option) {
    this.close();
    this.onPick(option);
    this.rest();
    this.input.focus({ preventScroll: true });
  }

  leave() {
    const erased = this.typed && this.input.value === "";
    this.close();
    if (erased) this.onErase?.();
    this.rest();
  }

  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.key in steps) {
      event.preventDefault();
      if (this.list.isOpen) this.list.move(steps[event.key]);
      else this.open();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!this.list.isOpen) this.open();
      else if (this.typed && this.input.value === "" && this.onErase) this.leave();
      else this.list.pickActive();
    } else if (event.key === "Escape" && this.list.isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
      this.rest();
    }
  }
}
