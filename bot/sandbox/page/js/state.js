// Owns what the page knows: the server's snapshot for the present person, and where this window looks.

const address = new URLSearchParams(location.search);

export const page = {
  me: address.get("as"),
  channel: address.get("channel"),
  thread: address.get("thread"),
  // The app opens at its Home, like in Slack.
  tab: address.get("tab") === "messages" ? "messages" : "home",
  snapshot: null,
  online: true,
};

const listeners = new Set();

export function subscribe(listener) {
  listeners.add(listener);
}

/** Draw what is known anew. */
export function redraw() {
  for (const listener of listeners) listener(page);
}

function writeAddress() {
  const next = new URLSearchParams();
  if (page.me) next.set("as", page.me);
  if (page.channel) next.set("channel", page.channel);
  if (page.thread) next.set("thread", page.thread);
  const one = channel();
  if (one && isApp(one)) next.set("tab", page.tab);
  // Each write of the address is told to the whole browser.
  if (location.search !== `?${next}`) history.replaceState(null, "", `?${next}`);
}

/** Change what this window looks at, and draw it. */
export function look(patch) {
  Object.assign(page, patch);
  writeAddress();
  redraw();
}

/** Take the server's snapshot; an older one than the present is ignored. */
export function take(snapshot, { anyRevision = false } = {}) {
  const old = page.snapshot;
  if (!anyRevision && old && old.me === snapshot.me && snapshot.revision < old.revision) return;
  page.snapshot = snapshot;
  page.me = snapshot.me;
  if (!snapshot.channels.some((channel) => channel.id === page.channel)) {
    page.channel = (snapshot.channels.find((channel) => channel.kind === "channel") ?? snapshot.channels[0])?.id ?? null;
    page.thread = null;
  }
  writeAddress();
  redraw();
}

export function person(id) {
  return page.snapshot?.people.find((one) => one.id === id) ?? null;
}

export function me() {
  return person(page.me);
}

export function channel(id = page.channel) {
  return page.snapshot?.channels.find((one) => one.id === id) ?? null;
}

export function messagesOf(id) {
  return page.snapshot?.messages[id] ?? [];
}

/** Say whether a channel is the bot's own: its direct messages and its Home tab. */
export function isApp(one) {
  return one.kind === "app" || (one.kind === "im" && person(peerOf(one))?.kind === "bot");
}

export function peerOf(one) {
  return one.peer ?? one.members?.find((id) => id !== page.me) ?? null;
}

export function nameOf(one) {
  if (one.kind === "channel" || one.kind === "private") return one.name;
  const peer = person(peerOf(one));
  return peer ? peer.real_name || peer.name : one.name;
}
