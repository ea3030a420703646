// The app's Home tab.
import { post, Refused } from "./api.js";
import { buildBlock } from "./blocks/index.js";
import { h, keepingFocus, place } from "./dom.js";
import { refresh } from "./events.js";
import { Scope } from "./scope.js";
import { page } from "./state.js";
import { toast } from "./toasts.js";

export class Home {
  constructor() {
    this.inner = h("div", { class: "home-inner" });
    this.node = h("div", { class: "home", tabindex: "0", role: "region", "aria-label": "App Home", hidden: true }, this.inner);
  }

  /** Tell the app that its Home was opened; it may publish or refresh the view. */
  async open() {
    try {
      await post("/page/home", { as: page.me });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      toast(error.message, "error");
    }
    await refresh();
  }

  draw(isShown) {
    this.node.hidden = !isShown;
    if (!isShown) {
      this.openedFor = null;
      return;
    }
    if (this.openedFor !== page.me) {
      this.openedFor = page.me;
      this.open();
    }
    const home = page.snapshot.home;
    const print = JSON.stringify([page.me, home]);
    if (print === this.print) return;
    this.print = print;
    if (!home) {
      this.scope = null;
      place(this.inner, [h("p", { class: "home-empty" }, "This app has nothing on its Home tab yet.")]);
      return;
    }
    if (this.scope?.container.view_id !== home.id) this.scope = new Scope({ type: "view", view_id: home.id });
    this.scope.isRendering = true;
    this.scope.show(home.blocks, home.values);
    keepingFocus(this.inner, () => place(this.inner, home.blocks.map((block) => buildBlock(block, this.scope))));
    this.scope.isRendering = false;
  }
}
