// What each person has seen, shared by all windows of this browser: what was read in one is unread in none.
import { channel, isApp, messagesOf, page, redraw } from "./state.js";

const SEEN = "seen";
const read = () => JSON.parse(localStorage.getItem(SEEN) ?? "{}");
const keyOf = (one) => `${page.me}/${one.id}`;

/** Note that the person has what this window shows before their eyes. */
export function markSeen() {
  const one = channel();
  if (!one || document.hidden || (isApp(one) && page.tab !== "messages")) return;
  const newest = messagesOf(one.id).at(-1)?.ts;
  const seen = read();
  if (!newest || Number(seen[keyOf(one)] ?? 0) >= Number(newest)) return;
  localStorage.setItem(SEEN, JSON.stringify({ ...seen, [keyOf(one)]: newest }));
}

/** Count the messages of others that the person has not seen; replies stay in their threads. */
export function unread(one) {
  const seen = Number(read()[keyOf(one)] ?? 0);
  const counts = (message) => message.user !== page.me && !message.deleted && (!message.thread_ts || message.thread_ts === message.ts);
  return messagesOf(one.id).filter((message) => counts(message) && Number(message.ts) > seen).length;
}

addEventListener("storage", (event) => {
  if (event.key === SEEN) redraw();
});
document.addEventListener("visibilitychange", redraw);
