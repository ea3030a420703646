// F6 walks through the parts of the page, as in Slack: top bar, channels, conversation, thread, panel.
import { focusable, hasLayer } from "./layers.js";

const REGIONS = [".top", ".sidebar", ".pane .composer", ".thread", ".control"];
const REGIONS_WITH_LAYER = [".top", "#layers > :last-child .dialog:not([hidden])", ".control"];

function stops() {
  const selectors = hasLayer() ? REGIONS_WITH_LAYER : REGIONS;
  return selectors.map((selector) => document.querySelector(selector)).filter((node) => node && node.offsetParent !== null);
}

function firstStop(region) {
  return region.querySelector("textarea") ?? focusable(region)[0];
}

export function walkRegions() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6") return;
    event.preventDefault();
    const regions = stops();
    const present = regions.findIndex((region) => region.contains(document.activeElement));
    const step = event.shiftKey ? -1 : 1;
    const next = regions[(present + step + regions.length) % regions.length] ?? regions[0];
    firstStop(next)?.focus();
  });
}
