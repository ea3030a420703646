// The workspace's sidebar: channels, direct messages, apps, with what is unread.
import { avatar, appIcon } from "./avatar.js";
import { h, keyed, say } from "./dom.js";
import { icon } from "./icons.js";
import { isApp, look, nameOf, page, peerOf, person } from "./state.js";
import { markSeen, unread } from "./unread.js";

export class Sidebar {
  constructor() {
    this.groups = {
      channels: h("ul", { class: "places" }),
      people: h("ul", { class: "places" }),
      apps: h("ul", { class: "places" }),
    };
    this.team = h("span", { class: "team-name" });
    const group = (title, list) => h("section", { class: "place-group" }, h("h2", { class: "place-title" }, title), list);
    this.node = h(
      "nav",
      { class: "sidebar", id: "sidebar", "aria-label": "Channels and messages" },
      h("header", { class: "team" }, this.team),
      h("div", { class: "sidebar-scroll" }, group("Channels", this.groups.channels), group("Direct messages", this.groups.people), group("Apps", this.groups.apps)),
    );
  }

  draw() {
    markSeen();
    say(this.team, page.snapshot.team.name);
    const all = page.snapshot.channels;
    this.list(this.groups.channels, all.filter((one) => one.kind === "channel" || one.kind === "private"));
    this.list(this.groups.people, all.filter((one) => one.kind === "im" && !isApp(one)));
    this.list(this.groups.apps, all.filter(isApp));
  }

  list(parent, channels) {
    parent.parentNode.hidden = channels.length === 0;
    keyed(parent, channels, {
      key: (one) => one.id,
      print: (one) => JSON.stringify([nameOf(one), one.is_archived, one.kind, one.id === page.channel, unread(one), page.me]),
      build: placeNode,
    });
  }
}

function mark(one) {
  if (isApp(one)) return appIcon(20);
  if (one.kind === "im") return avatar(peerOf(one), 20);
  return icon(one.kind === "private" ? "lock" : "hash", 16);
}

function placeNode(one) {
  const current = one.id === page.channel;
  const count = unread(one);
  const direct = one.kind === "im" || one.kind === "app";
  const open = () => {
    document.body.classList.remove("sidebar-open");
    look({ channel: one.id, thread: null, tab: "home" });
  };
  const guest = person(peerOf(one))?.deleted ? " (deactivated)" : "";
  return h(
    "li",
    null,
    h(
      "button",
      { type: "button", class: `place${current ? " current" : ""}${count ? " unread" : ""}${one.is_archived ? " archived" : ""}`, "aria-current": current ? "page" : null, onClick: open },
      h("span", { class: "place-mark" }, mark(one)),
      h("span", { class: "place-name" }, nameOf(one) + guest),
      one.is_archived ? h("span", { class: "place-note" }, "archived") : null,
      count ? h("span", { class: direct ? "count" : "count count-quiet" }, String(count), h("span", { class: "sr" }, " unread")) : null,
    ),
  );
}
