// Light or dark: the reader's system decides until the reader does.
import { h, place } from "./dom.js";
import { icon } from "./icons.js";

const KEY = "theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

const present = () => localStorage.getItem(KEY) ?? (dark.matches ? "dark" : "light");

export function themeButton() {
  const node = h("button", { type: "button", class: "icon-button" });
  const draw = () => {
    const theme = present();
    document.documentElement.dataset.theme = theme;
    node.setAttribute("aria-label", theme === "dark" ? "Use light colours" : "Use dark colours");
    node.title = node.getAttribute("aria-label");
    place(node, [icon(theme === "dark" ? "sun" : "moon")]);
  };
  node.addEventListener("click", () => {
    localStorage.setItem(KEY, present() === "dark" ? "light" : "dark");
    draw();
  });
  dark.addEventListener("change", draw);
  draw();
  return node;
}
