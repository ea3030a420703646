// Holds what a person has entered into one message or one view, and speaks with the app for it.
import { post, Refused } from "./api.js";
import { usable } from "./blocks/index.js";
import { buildElement } from "./elements/index.js";
import { fieldPrint, initialState, isStateful, stateOf, valueOf } from "./elements/values.js";
import { refresh } from "./events.js";
import { page } from "./state.js";
import { toast } from "./toasts.js";

export class Scope {
  constructor(container) {
    this.container = container;
    this.blocks = [];
    this.serverValues = {};
    this.touched = new Map();
    this.built = new Map();
    this.ids = new Map();
    this.frames = new Map();
    this.errors = {};
    this.isRendering = false;
  }

  /**
   * Take the blocks that are to be shown. A field that keeps its block_id and action_id keeps what was entered,
   * also when a new initial value comes; a field that went is forgotten, so a new block_id starts afresh.
   */
  show(blocks, serverValues = {}) {
    this.blocks = blocks;
    this.serverValues = serverValues;
    const present = new Set(usable(blocks).map(([block, element]) => this.key(block.block_id, element)));
    for (const map of [this.touched, this.built, this.ids]) {
      for (const key of map.keys()) if (!present.has(key)) map.delete(key);
    }
    const blockIds = new Set(blocks.map((block) => block.block_id));
    for (const id of this.frames.keys()) if (!blockIds.has(id)) this.frames.delete(id);
  }

  key(blockId, element) {
    return `${blockId}/${element.action_id}`;
  }

  read(blockId, element) {
    const server = this.serverValues?.[blockId]?.[element.action_id];
    return this.touched.get(this.key(blockId, element)) ?? server ?? initialState(element);
  }

  write(blockId, element, state) {
    this.touched.set(this.key(blockId, element), state);
    if (this.errors[blockId]) {
      delete this.errors[blockId];
      this.onErrors?.();
    }
  }

  errorOf(blockId) {
    return this.errors[blockId] ?? null;
  }

  /** All present values, in the form of Slack's `state.values`. */
  state() {
    const values = {};
    for (const [block, element] of usable(this.blocks)) {
      if (!isStateful(element)) continue;
      const value = valueOf(element, this.read(block.block_id, element));
      (values[block.block_id] ??= {})[element.action_id] = stateOf(element, value);
    }
    return values;
  }

  /** Build an element, or hand out the one that stands already when nothing about the field has changed. */
  element(block, element, context) {
    const key = this.key(block.block_id, element);
    const print = `${fieldPrint(element)} ${context.dispatches} ${context.optional}`;
    const value = isStateful(element) ? JSON.stringify(valueOf(element, this.read(block.block_id, element))) : "";
    const old = this.built.get(key);
    if (old && old.print === print && (this.touched.has(key) || old.value === value)) return old.built;
    const built = buildElement(element, { ...context, scope: this, blockId: block.block_id });
    if (element.action_id) this.built.set(key, { print, value, built });
    return built;
  }

  about(blockId, element) {
    return { as: page.me, container: this.container, block_id: blockId, action_id: element.action_id, state: this.state() };
  }

  async act(blockId, element, value) {
    try {
      const answer = await post("/page/action", { ...this.about(blockId, element), value });
      if (answer.notice) toast(answer.notice, "error");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      toast(error.message, "error");
    } finally {
      await refresh();
    }
  }

  options(blockId, element, query) {
    return post("/page/options", { ...this.about(blockId, element), value: query });
  }
}
