// Faces of people and of the bot, drawn from colours and initials.
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { person } from "./state.js";

export function initialsOf(one) {
  if (one.initials) return one.initials;
  const words = (one.real_name || one.name).split(/\s+/);
  return words.slice(0, 2).map((word) => word[0]).join("").toUpperCase();
}

export function appIcon(size = 36) {
  const node = h("span", { class: "avatar avatar-app", "aria-hidden": "true" }, icon("route", Math.round(size * 0.6)));
  node.style.setProperty("--size", `${size}px`);
  return node;
}

/** Draw a person's face; an unknown id gets a grey one. */
export function avatar(id, size = 36) {
  const one = person(id);
  if (one?.kind === "bot") return appIcon(size);
  const node = h("span", { class: "avatar", "aria-hidden": "true" }, one ? initialsOf(one) : "?");
  node.style.setProperty("--size", `${size}px`);
  if (one?.color) node.style.setProperty("--face", one.color.startsWith("#") ? one.color : `#${one.color}`);
  return node;
}
