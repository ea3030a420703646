// A list of options that floats in the top layer, so that no scrolling dialog cuts it off.
import { h, newId, place } from "../dom.js";
import { plain, textNode } from "../text.js";

const GAP = 4;
const TALLEST = 320;

export class Listbox {
  constructor({ anchor, onPick, multiple = false, label }) {
    this.anchor = anchor;
    this.onPick = onPick;
    this.id = newId("listbox");
    this.options = [];
    this.active = -1;
    this.list = h("div", { role: "listbox", id: this.id, "aria-label": label, "aria-multiselectable": multiple || null });
    // What is said instead of options is no option, so it stands beside the list.
    this.note = h("div", { class: "listbox-note", role: "status", hidden: true });
    this.node = h("div", { class: "listbox", popover: "manual", onMousedown: (event) => event.preventDefault() }, this.list, this.note);
    this.reposition = () => this.position();
  }

  get isOpen() {
    return this.node.matches(":popover-open");
  }

  open() {
    if (this.isOpen || !this.node.isConnected) return;
    this.node.showPopover();
    this.position();
    addEventListener("resize", this.reposition);
    addEventListener("scroll", this.reposition, { capture: true, passive: true });
  }

  close() {
    removeEventListener("resize", this.reposition);
    removeEventListener("scroll", this.reposition, { capture: true });
    this.setActive(-1);
    if (this.isOpen) this.node.hidePopover();
  }

  position() {
    const box = this.anchor.getBoundingClientRect();
    const below = innerHeight - box.bottom - GAP * 2;
    const above = box.top - GAP * 2;
    const upwards = below < Math.min(TALLEST, this.node.scrollHeight) && above > below;
    const style = this.node.style;
    style.left = `${box.left}px`;
    style.width = `${box.width}px`;
    style.maxHeight = `${Math.min(TALLEST, upwards ? above : below)}px`;
    style.top = upwards ? "auto" : `${box.bottom + GAP}px`;
    style.bottom = upwards ? `${innerHeight - box.top + GAP}px` : "auto";
  }

  /** Show groups of options: [{label, options: [{text, description, key}]}]; `isSelected` marks the chosen ones. */
  show(groups, isSelected) {
    this.options = [];
    const nodes = groups.map((group) => {
      const options = group.options.map((option) => this.optionNode(option, isSelected(option)));
      if (!group.label) return options;
      const label = plain(group.label);
      const head = h("div", { class: "listbox-group", "aria-hidden": "true" }, label);
      return [h("div", { role: "group", "aria-label": label }, head, options)];
    });
    place(this.list, nodes.flat());
    this.list.hidden = false;
    this.note.hidden = true;
    this.setActive(this.options.findIndex((entry) => entry.selected));
    if (this.isOpen) this.position();
  }

  /** Show a sentence instead of options. */
  say(text) {
    this.options = [];
    place(this.list, []);
    this.list.hidden = true;
    this.note.hidden = false;
    this.note.textContent = text;
    this.setActive(-1);
    if (this.isOpen) this.position();
  }

  optionNode(option, selected) {
    const id = newId("option");
    const about = option.description ? h("span", { class: "option-about", id: `${id}-about` }, textNode(option.description)) : null;
    const node = h(
      "div",
      {
        class: "option",
        role: "option",
        id,
        "aria-selected": selected ? "true" : "false",
        "aria-labelledby": `${id}-text`,
        "aria-describedby": about && `${id}-about`,
        onClick: () => this.onPick(option),
        onMousemove: () => this.setActive(this.options.findIndex((entry) => entry.node === node), false),
      },
      h("span", { class: "option-text", id: `${id}-text` }, textNode(option.text)),
      about,
    );
    this.options.push({ option, node, selected });
    return node;
  }

  setActive(index, scroll = true) {
    this.options[this.active]?.node.classList.remove("active");
    this.active = index;
    const entry = this.options[index];
    entry?.node.classList.add("active");
    if (entry && scroll) entry.node.scrollIntoView({ block: "nearest" });
    this.onActive?.(entry?.node.id ?? null);
  }

  move(step) {
    if (!this.options.length) return;
    const last = this.options.length - 1;
    if (this.active < 0) this.setActive(step > 0 ? 0 : last);
    else if (Math.abs(step) === 1) this.setActive((this.active + step + this.options.length) % this.options.length);
    else this.setActive(Math.max(0, Math.min(last, this.active + step)));
  }

  pickActive() {
    const entry = this.options[this.active];
    if (entry) this.onPick(entry.option);
    return Boolean(entry);
  }
}
