// Builds and rearranges DOM nodes. Text always becomes text nodes, never markup.

const BOOLEAN = new Set(["disabled", "checked", "hidden", "inert", "open", "required", "readonly", "selected"]);

function setProperty(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "class") node.setAttribute("class", value);
  else if (name === "style") for (const [key, text] of Object.entries(value)) node.style.setProperty(key, text);
  else if (name === "dataset") Object.assign(node.dataset, value);
  else if (name.startsWith("on")) node.addEventListener(name.slice(2).toLowerCase(), value);
  else if (name === "value") node.value = value;
  else if (BOOLEAN.has(name)) node.toggleAttribute(name, Boolean(value));
  else node.setAttribute(name, value === true ? "true" : String(value));
}

/** Make an element: h("p", {class: "x"}, "text", childNode, [more]). */
export function h(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) setProperty(node, name, value);
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function fragment(...children) {
  const node = document.createDocumentFragment();
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Make an SVG element; the icons are drawn inline because no request may leave the machine. */
export function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Set a node's text; one that says it already stays, and nothing around it has to be laid out anew. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Make `nodes` the children of `parent` while touching as little as possible:
 * a node that is moved loses its focus and its scroll position.
 */
export function place(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
  });
}

const caches = new WeakMap();

/** Keep one child for each item: rebuilt only when what it shows (its print) has changed. */
export function keyed(parent, items, { key, print, build }) {
  const before = caches.get(parent) ?? new Map();
  const after = new Map();
  for (const item of items) {
    const id = key(item);
    const shown = print(item);
    const old = before.get(id);
    after.set(id, old?.shown === shown ? old : { shown, node: build(item, old?.node) });
  }
  caches.set(parent, after);
  place(parent, [...after.values()].map((entry) => entry.node));
}

let lastId = 0;

export function newId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/** Run `render` and give the focus and the caret back to where they were. */
export function keepingFocus(root, render) {
  const active = document.activeElement;
  const inside = active && active !== root && root.contains(active);
  const caret = inside && "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : null;
  const action = inside ? active.closest("[data-action-id]")?.dataset.actionId : null;
  const block = inside ? active.closest("[data-block-id]")?.dataset.blockId : null;
  render();
  if (!inside || document.activeElement === active) return;
  const target = active.isConnected ? active : findAgain(root, block, action);
  if (!target) return;
  target.focus({ preventScroll: true });
  if (caret && caret[0] !== null && "setSelectionRange" in target) {
    try {
      target.setSelectionRange(caret[0], caret[1]);
    } catch {
      // Date and time inputs have no caret to give back.
    }
  }
}

function findAgain(root, block, action) {
  if (!action) return null;
  const candidates = [...root.querySelectorAll("[data-action-id]")].filter((node) => node.dataset.actionId === action);
  const same = candidates.find((node) => node.closest("[data-block-id]")?.dataset.blockId === block) ?? candidates[0];
  return same?.matches("button, input, textarea") ? same : same?.querySelector("button, input, textarea");
}
