// Where one writes: messages and slash commands, in a channel or in a thread. Drafts stay with their place.
import { post, Refused } from "./api.js";
import { CommandMenu } from "./commands.js";
import { h, say } from "./dom.js";
import { refresh } from "./events.js";
import { icon } from "./icons.js";
import { channel, nameOf, page } from "./state.js";
import { toast } from "./toasts.js";

const STYLES = [["bold", "Bold", "*"], ["italic", "Italic", "_"], ["strike", "Strikethrough", "~"], ["code", "Code", "`"]];

export class Composer {
  constructor({ inThread = false } = {}) {
    this.inThread = inThread;
    this.drafts = new Map();
    this.text = h("textarea", { rows: "1", spellcheck: "true" });
    this.menu = new CommandMenu(this.text);
    this.sendButton = h("button", { type: "submit", class: "send", "aria-label": inThread ? "Send reply" : "Send message" }, icon("send"));
    const styles = STYLES.map(([name, label, mark]) =>
      h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onClick: () => this.wrap(mark) }, icon(name, 16)),
    );
    this.closed = h("div", { class: "composer-closed", hidden: true });
    this.form = h(
      "form",
      { class: "composer-box", onSubmit: (event) => this.submit(event) },
      h("div", { class: "composer-tools" }, styles),
      this.text,
      h("div", { class: "composer-foot" }, h("span", { class: "composer-hint" }, "Enter to send, Shift + Enter for a new line"), this.sendButton),
    );
    this.node = h("div", { class: "composer" }, this.menu.node, this.form, this.closed);
    this.text.addEventListener("input", () => this.typed());
    this.text.addEventListener("keydown", (event) => this.key(event));
  }

  get place() {
    return `${page.me}/${page.channel}/${this.inThread ? page.thread : ""}`;
  }

  typed() {
    this.drafts.set(this.place, this.text.value);
    this.menu.update();
    this.fit();
  }

  fit() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, 220)}px`;
    this.sendButton.classList.toggle("ready", this.text.value.trim() !== "");
  }

  wrap(mark) {
    const { selectionStart: start, selectionEnd: end, value } = this.text;
    this.text.value = value.slice(0, start) + mark + value.slice(start, end) + mark + value.slice(end);
    this.text.setSelectionRange(start + mark.length, end + mark.length);
    this.text.focus();
    this.typed();
  }

  key(event) {
    if (event.isComposing || this.menu.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.form.requestSubmit();
    }
  }

  draw() {
    const one = channel();
    if (!one) return;
    const name = nameOf(one);
    const where = one.kind === "channel" || one.kind === "private" ? `#${name}` : name;
    const label = this.inThread ? "Reply…" : `Message ${where}`;
    if (this.text.placeholder !== label) {
      this.text.placeholder = label;
      this.text.setAttribute("aria-label", this.inThread ? "Reply in thread" : label);
    }
    const outside = one.kind !== "im" && one.kind !== "app" && one.members && !one.members.includes(page.me);
    const why = closedBecause(one, name, outside);
    this.closed.hidden = !why;
    say(this.closed, why ?? "");
    this.form.hidden = !this.closed.hidden;
    if (this.drawnFor !== this.place) {
      this.drawnFor = this.place;
      this.text.value = this.drafts.get(this.place) ?? "";
      this.menu.update();
      this.fit();
    }
  }

  async submit(event) {
    event.preventDefault();
    const text = this.text.value.trim();
    if (text === "") return;
    const isCommand = text.startsWith("/");
    if (isCommand && this.inThread) {
      toast(`${text.split(" ")[0]} is not supported in threads. Sorry!`, "error");
      return;
    }
    const body = { as: page.me, channel: page.channel, text };
    if (this.inThread) body.thread_ts = page.thread;
    this.text.value = "";
    this.typed();
    try {
      const answer = await post(isCommand ? "/page/command" : "/page/message", body);
      if (answer.notice) toast(answer.notice, "error");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      toast(error.message, "error");
      if (this.text.value === "") {
        this.text.value = text;
        this.typed();
      }
    } finally {
      await refresh();
    }
  }
}

function closedBecause(one, name, outside) {
  if (one.is_archived) return `#${name} is archived: nobody can write here.`;
  if (outside) return `You are not a member of #${name}.`;
  return one.is_read_only ? "Sending messages to this app has been turned off." : null;
}
