// The requests that a stand-in received, with a PUT's body laid out to be read.
import { h, keyed } from "../dom.js";
import { clockTime } from "../when.js";

function pretty(body) {
  if (typeof body === "string") {
    try {
      return JSON.stringify(JSON.parse(body), null, 2);
    } catch {
      return body;
    }
  }
  return JSON.stringify(body, null, 2);
}

function timeOf(at) {
  const date = typeof at === "number" ? new Date(at * 1000) : new Date(at);
  if (Number.isNaN(date.getTime())) return String(at ?? "");
  return `${clockTime(date)}:${String(date.getSeconds()).padStart(2, "0")}`.replace(/ ([AP]M):(\d\d)$/, ":$2 $1");
}

/** A key that stays with a request while newer ones push it down. */
function withKeys(requests) {
  const counts = new Map();
  return [...requests]
    .reverse()
    .map((one) => {
      const base = String(one.id ?? `${one.at} ${one.method} ${one.path ?? ""}`);
      const count = (counts.get(base) ?? 0) + 1;
      counts.set(base, count);
      return { ...one, key: `${base} ${count}` };
    })
    .reverse();
}

/** A path that may go on in a new line where one of its parts ends, and nowhere else. */
function breakable(path) {
  return path.split(/(?<=[/?&])/).flatMap((part) => [part, h("wbr")]);
}

function uponaiNode(one) {
  const ok = Number(one.status) < 400 && Number(one.status) > 0;
  const head = [
    h("span", { class: `verb verb-${String(one.method).toLowerCase()}` }, one.method),
    h("span", { class: "request-path" }, breakable(one.path + (one.query ? `?${one.query}` : ""))),
    h("span", { class: ok ? "status" : "status status-bad" }, one.status ? String(one.status) : "no answer"),
    h("time", null, timeOf(one.at)),
  ];
  const body = one.body ?? one.raw ?? "";
  const empty = body === "";
  if (empty) return h("li", { class: "request request-line" }, head);
  const open = one.method === "PUT";
  return h("li", { class: "request" }, h("details", { open }, h("summary", { class: "request-line" }, head), h("pre", { class: "pre request-body", tabindex: "0", "aria-label": "Request body" }, pretty(body))));
}

function slackNode(one) {
  return h(
    "li",
    { class: "request request-line" },
    h("span", { class: "request-path" }, one.method),
    h("span", { class: one.ok ? "status" : "status status-bad" }, one.ok ? "ok" : one.error || "error"),
    h("time", null, timeOf(one.at)),
  );
}

export class Requests {
  constructor(kind) {
    this.kind = kind;
    this.node = h("ul", { class: "requests" });
    this.empty = h("li", { class: "control-empty" }, "Nothing yet.");
    if (kind === "uponai") {
      this.onlyPuts = h("input", { type: "checkbox", id: "only-puts", onChange: () => this.draw(this.last ?? []) });
      this.list = this.node;
      this.node = h("div", null, h("label", { class: "control-check", for: "only-puts" }, this.onlyPuts, "Only what changes something (PUT)"), this.list);
    } else {
      this.list = this.node;
    }
  }

  draw(requests) {
    this.last = requests;
    const shown = withKeys(requests).filter((one) => !this.onlyPuts?.checked || one.method === "PUT");
    keyed(this.list, shown.length ? shown : [null], {
      key: (one) => one?.key ?? "empty",
      print: (one) => (one ? String(one.status) : ""),
      build: (one) => (one ? (this.kind === "slack" ? slackNode(one) : uponaiNode(one)) : this.empty),
    });
  }
}
