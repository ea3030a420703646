// One modal view: its dialog, its blocks, its submission. A live update keeps typing, caret and scroll position.
import { post, Refused } from "./api.js";
import { appIcon } from "./avatar.js";
import { buildBlock } from "./blocks/index.js";
import { inputBlock } from "./blocks/input.js";
import { h, keepingFocus, newId, place } from "./dom.js";
import { refresh } from "./events.js";
import { icon } from "./icons.js";
import { focusable } from "./layers.js";
import { Scope } from "./scope.js";
import { page } from "./state.js";
import { plain } from "./text.js";
import { toast } from "./toasts.js";
import { complaints } from "./validate.js";

export class ViewCard {
  constructor(view) {
    this.id = view.id;
    this.drawn = new Map();
    this.scope = new Scope({ type: "view", view_id: view.id });
    this.scope.onErrors = () => this.draw();
    this.serverErrors = "{}";
    this.notice = null;
    const titleId = newId("title");
    this.title = h("h2", { class: "dialog-title", id: titleId });
    this.body = h("div", { class: "dialog-body" });
    this.closeButton = h("button", { type: "button", class: "button", onClick: () => this.close() });
    this.submitButton = h("button", { type: "submit", class: "button button-primary" });
    const dismiss = h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss", onClick: () => this.close() }, icon("close"));
    const head = h("div", { class: "dialog-head" }, appIcon(28), this.title, dismiss);
    this.foot = h("div", { class: "dialog-foot" }, this.closeButton, this.submitButton);
    this.form = h("form", { class: "dialog-form", novalidate: "true", onSubmit: (event) => this.submit(event) }, head, this.body, this.foot);
    this.node = h(
      "div",
      { class: "dialog modal", role: "dialog", "aria-modal": "true", "aria-labelledby": titleId, tabindex: "-1", dataset: { viewId: view.id } },
      this.form,
    );
    this.update(view);
  }

  update(view) {
    this.view = view;
    const errors = JSON.stringify(view.errors ?? {});
    if (errors !== this.serverErrors) {
      this.serverErrors = errors;
      this.scope.errors = { ...view.errors };
    }
    this.title.textContent = plain(view.title);
    this.closeButton.textContent = plain(view.close) || "Cancel";
    this.submitButton.hidden = !view.submit;
    if (!this.isSending) this.submitButton.textContent = plain(view.submit);
    this.scope.show(view.blocks, view.values);
    this.draw();
  }

  draw() {
    this.scope.isRendering = true;
    const scrolled = this.body.scrollTop;
    keepingFocus(this.node, () => place(this.body, [...this.noticeNodes(), ...this.blockNodes()]));
    this.body.scrollTop = scrolled;
    this.scope.isRendering = false;
  }

  noticeNodes() {
    const known = new Set(this.view.blocks.map((block) => block.block_id));
    const stray = Object.entries(this.scope.errors).filter(([id]) => !known.has(id)).map(([id, text]) => `${id}: ${text}`);
    const texts = [this.notice ?? this.view.notice, ...stray].filter(Boolean);
    const print = JSON.stringify(texts);
    if (print !== this.noticePrint) {
      this.noticePrint = print;
      this.notices = texts.map((text) => h("div", { class: "alert alert-error", role: "alert" }, icon("warning"), h("div", null, text)));
    }
    return this.notices;
  }

  blockNodes() {
    const next = new Map();
    const nodes = this.view.blocks.map((block, index) => {
      const key = `${block.type}/${block.block_id ?? index}`;
      const print = JSON.stringify([block, this.scope.errorOf(block.block_id), this.view.values?.[block.block_id]]);
      let entry = this.drawn.get(key);
      if (entry?.print !== print) {
        if (entry && block.type === "input") inputBlock(block, this.scope);
        entry = { print, node: entry && block.type === "input" ? entry.node : buildBlock(block, this.scope) };
      }
      next.set(key, entry);
      return entry.node;
    });
    this.drawn = next;
    return nodes;
  }

  /** Focus what was in use before another view covered this one, else the first field. */
  takeFocus() {
    if (this.lastFocus?.isConnected) {
      this.lastFocus.focus({ preventScroll: true });
      return;
    }
    const wanted = this.body.querySelector("[data-focus-on-load]");
    const first = focusable(this.body).find((node) => node.matches("input, textarea"));
    (wanted ?? first ?? this.node).focus({ preventScroll: true });
  }

  async submit(event) {
    event.preventDefault();
    if (this.isSending || !this.view.submit) return;
    const found = complaints(this.scope);
    if (Object.keys(found).length) {
      this.complain(found);
      return;
    }
    this.sending(true);
    this.notice = null;
    try {
      const answer = await post("/page/submit", { as: page.me, view_id: this.id, state: this.scope.state() });
      if (answer.ok === false && answer.errors) this.complain(answer.errors);
      else if (answer.ok === false) this.notice = answer.notice || "We had some trouble connecting. Try again?";
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.notice = error.message;
    } finally {
      await refresh();
      if (this.view.notice) this.notice = null;
      this.sending(false);
      this.draw();
    }
  }

  sending(isSending) {
    this.isSending = isSending;
    this.submitButton.classList.toggle("busy", isSending);
    if (isSending) this.submitButton.setAttribute("aria-disabled", "true");
    else this.submitButton.removeAttribute("aria-disabled");
    this.node.setAttribute("aria-busy", String(isSending));
  }

  complain(errors) {
    this.scope.errors = { ...errors };
    this.draw();
    const field = this.body.querySelector(".has-error");
    field?.scrollIntoView({ block: "nearest" });
    field?.querySelector("input, textarea, button")?.focus({ preventScroll: true });
  }

  async close() {
    try {
      await post("/page/close", { as: page.me, view_id: this.id });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      toast(error.message, "error");
    }
    await refresh();
  }
}
