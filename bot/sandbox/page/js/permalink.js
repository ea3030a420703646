// Addresses of this workspace's own messages lead to the message, as they do in Slack's client.
import { channel, look } from "./state.js";

const ADDRESS = /^https:\/\/[^/]+\.slack\.com\/archives\/(\w+)\/p(\d+)(\d{6})(?:\?thread_ts=([\d.]+)&cid=\w+)?$/;

/** Show the message that an address names, with the thread where it names one; say whether it names one of a channel that is here. */
export function follow(url) {
  const [, channelId, seconds, rest, thread] = ADDRESS.exec(url) ?? [];
  if (!channelId || !channel(channelId)) return false;
  look({ channel: channelId, thread: thread ?? null, tab: "messages" });
  // Once more behind the list's own jump to its end.
  requestAnimationFrame(() => {
    const message = document.querySelector(`.messages [data-ts="${seconds}.${rest}"]`);
    message?.scrollIntoView({ block: "center" });
  });
  return true;
}
