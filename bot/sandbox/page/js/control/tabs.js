// A row of tabs after the ARIA tabs pattern.
import { h, newId } from "../dom.js";

export class Tabs {
  constructor(label, entries) {
    this.tabs = entries.map(([name, content]) => this.entry(name, content));
    const row = h("div", { class: "tabs control-tabs", role: "tablist", "aria-label": label }, this.tabs.map((one) => one.tab));
    row.addEventListener("keydown", (event) => this.key(event));
    this.node = h("div", { class: "control-body" }, row, this.tabs.map((one) => one.panel));
    this.select(0);
  }

  entry(name, content) {
    const id = newId("tab");
    const tab = h("button", { type: "button", class: "tab", role: "tab", id, "aria-controls": `${id}-panel` }, name);
    const panel = h("div", { class: "tab-panel", role: "tabpanel", id: `${id}-panel`, "aria-labelledby": id, tabindex: "0" }, content);
    tab.addEventListener("click", () => this.select(this.tabs.findIndex((one) => one.tab === tab)));
    return { tab, panel };
  }

  select(index) {
    this.index = index;
    this.tabs.forEach(({ tab, panel }, at) => {
      tab.setAttribute("aria-selected", String(at === index));
      tab.tabIndex = at === index ? 0 : -1;
      panel.hidden = at !== index;
    });
  }

  key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.select((this.index + step + this.tabs.length) % this.tabs.length);
    this.tabs[this.index].tab.focus();
  }
}
