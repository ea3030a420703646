// Images. Nothing is fetched from elsewhere, so a remote picture is stood for by its description.
import { h } from "../dom.js";
import { icon } from "../icons.js";

export function imageNode(url, alt, className) {
  const isHere = URL.canParse(url, location.href) && new URL(url, location.href).origin === location.origin;
  if (isHere) return h("img", { class: className, src: url, alt });
  return h("span", { class: `${className} image-stand-in`, role: "img", "aria-label": alt, title: alt }, icon("image"), h("span", null, alt));
}

export function image(element) {
  return { node: imageNode(element.image_url, element.alt_text, "image-small"), control: null };
}
