// What can happen to a card in Slack: somebody deletes it, or archives its channel.
import { h, keyed } from "../dom.js";
import { messagesOf, page } from "../state.js";
import { mrkdwn } from "../text.js";

function cards() {
  return page.snapshot.channels.flatMap((one) =>
    messagesOf(one.id)
      .filter((message) => message.bot && !message.ephemeral && !message.deleted && (!message.thread_ts || message.thread_ts === message.ts))
      .map((message) => ({ channel: one, message })),
  );
}

/** The beginning of a text, cut between two words. */
function firstWords(text, most = 70) {
  if (text.length <= most) return text;
  return `${text.slice(0, most).replace(/\s+\S*$/, "")} …`;
}

export class SlackDeeds {
  constructor(steer) {
    this.steer = steer;
    this.cards = h("ul", { class: "deeds" });
    this.channels = h("ul", { class: "deeds" });
    this.none = h("p", { class: "control-empty" }, "The bot has not posted a card yet.");
    this.node = h(
      "div",
      null,
      h("section", { class: "control-section" }, h("h3", null, "Delete a card"), h("p", { class: "control-about" }, "With the next news of the change, the bot posts a new card."), this.none, this.cards),
      h("section", { class: "control-section" }, h("h3", null, "Archive a channel"), h("p", { class: "control-about" }, "The bot keeps the change, and asks its requester in a direct message for another channel."), this.channels),
    );
  }

  draw() {
    if (!page.snapshot) return;
    const found = cards().reverse();
    this.none.hidden = found.length > 0;
    keyed(this.cards, found, {
      key: ({ message }) => message.ts,
      print: ({ message }) => message.text ?? "",
      build: ({ channel, message }) => this.cardNode(channel, message),
    });
    keyed(this.channels, page.snapshot.channels.filter((one) => one.kind === "channel" || one.kind === "private"), {
      key: (one) => one.id,
      print: (one) => `${one.name} ${one.is_archived}`,
      build: (one) => this.channelNode(one),
    });
  }

  cardNode(channel, message) {
    const words = firstWords(mrkdwn(message.text || "A message").textContent);
    const remove = () => this.steer("slack/delete-card", { channel: channel.id, ts: message.ts });
    return h("li", { class: "deed" }, h("span", null, words), h("button", { type: "button", class: "button button-small button-danger", "aria-label": `Delete ${words}`, onClick: remove }, "Delete"));
  }

  channelNode(one) {
    const archive = () => this.steer("slack/archive", { channel: one.id, on: !one.is_archived });
    const word = one.is_archived ? "Unarchive" : "Archive";
    return h("li", { class: "deed" }, h("span", null, `#${one.name}`), h("button", { type: "button", class: "button button-small", "aria-label": `${word} #${one.name}`, onClick: archive }, word));
  }
}
