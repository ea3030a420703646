// The stack of modal views: the top one is in use, those below keep what was entered and wait.
import { h } from "./dom.js";
import { openLayer } from "./layers.js";
import { page } from "./state.js";
import { ViewCard } from "./view.js";

let cards = [];
// Forms of the people that this window was before: whoever comes back finds what they had typed.
const parked = new Map();
let root = null;
let close = null;

function openRoot() {
  root = h("div", { class: "overlay overlay-modal" });
  document.getElementById("layers").append(root);
  close = openLayer(root, { onEscape: () => cards.at(-1)?.close() });
}

function closeRoot() {
  root.remove();
  close();
  root = null;
}

/** Bring the dialogs in line with the views of the snapshot. */
export function drawModals() {
  const views = page.snapshot?.views ?? [];
  const before = cards.at(-1);
  if (before?.node.contains(document.activeElement)) before.lastFocus = document.activeElement;
  const next = views.map((view) => {
    const card = cards.find((one) => one.id === view.id) ?? parked.get(view.id);
    parked.delete(view.id);
    if (card) card.update(view);
    return card ?? Object.assign(new ViewCard(view), { owner: page.me });
  });
  for (const card of cards) {
    if (next.includes(card)) continue;
    card.node.remove();
    if (card.owner !== page.me) parked.set(card.id, card);
  }
  cards = next;
  if (!cards.length) {
    if (root) closeRoot();
    return;
  }
  if (!root) openRoot();
  for (const card of cards) {
    const isTop = card === cards.at(-1);
    card.node.hidden = !isTop;
    if (!card.node.isConnected) root.append(card.node);
  }
  if (cards.at(-1) !== before) cards.at(-1).takeFocus();
}
