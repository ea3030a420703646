// Turns Block Kit blocks into nodes. A scope says whose blocks they are: it holds values and sends actions.
import { h } from "../dom.js";
import { elementsOf } from "../elements/values.js";
import { markdown } from "../markdown.js";
import { richText } from "../rich_text.js";
import { plain, textNode } from "../text.js";
import { actions, context, section } from "./layout.js";
import { imageBlock } from "./image.js";
import { inputBlock } from "./input.js";
import { table } from "./table.js";
import { alert } from "./alert.js";

const BUILDERS = {
  section,
  actions,
  context,
  input: inputBlock,
  table,
  alert,
  image: imageBlock,
  header: (block) => h("h3", { class: "block-header" }, plain(block.text)),
  divider: () => h("hr", { class: "divider" }),
  rich_text: (block) => richText(block),
  markdown: (block) => markdown(block.text ?? ""),
};

/** Build one block. */
export function buildBlock(block, scope) {
  const builder = BUILDERS[block.type];
  const inner = builder ? builder(block, scope) : h("p", { class: "unknown" }, textNode(block.text) ?? "", ` [${block.type} is not shown by this stand-in]`);
  const node = h("div", { class: `block block-${block.type}`, "data-block-id": block.block_id }, inner);
  return node;
}

/** Every (block, element) pair of a list of blocks that can be used. */
export function usable(blocks) {
  return blocks.flatMap((block) => elementsOf(block).map((element) => [block, element]));
}
