// The image block: title, picture (or what stands for it) and its description.
import { h } from "../dom.js";
import { imageNode } from "../elements/image.js";
import { plain } from "../text.js";

export function imageBlock(block) {
  const title = block.title ? h("figcaption", { class: "image-title" }, plain(block.title)) : null;
  return h("figure", { class: "image-block" }, title, imageNode(block.image_url, block.alt_text, "image-large"));
}
