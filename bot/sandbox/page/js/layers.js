// Layers above the workspace (modals, confirm dialogs): what lies below is out of reach until they close.

const layers = [];
const FOCUSABLE = "button:not([disabled]), input:not([disabled]), textarea:not([disabled]), select, a[href], summary, [tabindex='0']";

function sync() {
  const workspace = document.getElementById("workspace");
  const all = [workspace, ...layers.map((layer) => layer.node)];
  all.forEach((node, index) => {
    const covered = index < all.length - 1;
    node.inert = covered;
    if (covered) node.setAttribute("aria-hidden", "true");
    else node.removeAttribute("aria-hidden");
  });
}

export function focusable(root) {
  return [...root.querySelectorAll(FOCUSABLE)].filter((node) => node.offsetParent !== null && !node.closest("[inert]"));
}

function describeFocus() {
  const node = document.activeElement;
  return {
    node,
    ts: node?.closest?.("[data-ts]")?.dataset.ts,
    action: node?.closest?.("[data-action-id]")?.dataset.actionId,
  };
}

function giveBack({ node, ts, action }) {
  const usable = node?.isConnected && node !== document.body && !node.closest("[inert]");
  const again = () => {
    const message = ts && document.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
    const same = action && message?.querySelector(`[data-action-id="${CSS.escape(action)}"]`);
    return same || message?.querySelector("button") || document.querySelector(".composer textarea");
  };
  (usable ? node : again())?.focus({ preventScroll: true });
}

function wrapTab(event, root) {
  const stops = focusable(root);
  if (!stops.length) return;
  const [first, last] = [stops[0], stops.at(-1)];
  const outside = !root.contains(document.activeElement);
  if (event.shiftKey && (outside || document.activeElement === first || document.activeElement === root)) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && (outside || document.activeElement === last)) {
    event.preventDefault();
    first.focus();
  }
}

/** Put a layer on top. Returns the function that takes it away and gives the focus back. */
export function openLayer(node, { onEscape }) {
  const layer = { node, focusBefore: describeFocus() };
  const keys = (event) => {
    if (event.defaultPrevented) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      onEscape();
    } else if (event.key === "Tab") {
      wrapTab(event, node);
    }
  };
  node.addEventListener("keydown", keys);
  layers.push(layer);
  sync();
  return () => {
    const index = layers.indexOf(layer);
    if (index < 0) return;
    node.removeEventListener("keydown", keys);
    layers.splice(index, 1);
    node.inert = false;
    node.removeAttribute("aria-hidden");
    sync();
    giveBack(layer.focusBefore);
  };
}

export const hasLayer = () => layers.length > 0;
