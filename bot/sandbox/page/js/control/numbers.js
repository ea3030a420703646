// UponAI's numbers with their present assignment, and a way to change one "in the dashboard" behind the bot's back.
import { h, keyed, newId } from "../dom.js";

const percent = (weight) => `${Math.round(weight * 1000) / 10} %`;

function agentName(agents, id) {
  return agents.find((agent) => agent.agent_id === id)?.agent_name || id;
}

function boundTo(list, id, version) {
  if (list?.length) return list;
  return id ? [{ agent_id: id, agent_version: version, weight: 1 }] : [];
}

function agentsText(agents, bound) {
  if (!bound.length) return "no agent";
  return bound
    .map((one) => {
      const version = one.agent_version === null || one.agent_version === undefined ? "" : ` v${one.agent_version}`;
      return agentName(agents, one.agent_id) + version + (bound.length > 1 ? ` ${percent(one.weight)}` : "");
    })
    .join(", ");
}

export class Numbers {
  constructor(steer) {
    this.steer = steer;
    this.node = h("ul", { class: "numbers" });
    this.changing = null;
  }

  draw(numbers, agents) {
    this.last = [numbers, agents];
    keyed(this.node, numbers, {
      key: (one) => one.number,
      print: (one) => JSON.stringify([one, agents, this.changing === one.number]),
      build: (one) => this.numberNode(one, agents),
    });
  }

  change(number) {
    this.changing = number;
    this.draw(...this.last);
    this.node.querySelector(".dashboard select")?.focus();
  }

  numberNode(one, agents) {
    const inbound = boundTo(one.inbound_agents, one.inbound_agent_id, one.inbound_agent_version);
    const outbound = boundTo(one.outbound_agents, one.agent_id, one.outbound_agent_version);
    const facts = [
      ["Inbound", agentsText(agents, inbound)],
      ["Outbound", agentsText(agents, outbound)],
      ["Webhook", one.inbound_webhook_url || "none"],
      ["Time routing", one.is_time_routing_enabled ? "on" : "off"],
    ];
    const open = this.changing === one.number;
    const toggle = h("button", { type: "button", class: "button button-small", "aria-label": `Change ${one.number} in the dashboard`, onClick: () => this.change(open ? null : one.number) }, open ? "Leave it" : "Change in the dashboard");
    return h(
      "li",
      { class: "number", "data-number": one.number },
      h("div", { class: "number-head" }, h("strong", null, one.number), toggle),
      h("dl", { class: "facts" }, facts.map(([name, value]) => [h("dt", null, name), h("dd", null, value)])),
      open ? this.dashboard(one, agents) : null,
    );
  }

  /** A small form for what a colleague could do in UponAI's own dashboard meanwhile. */
  dashboard(one, agents) {
    const agentId = newId("dashboard");
    const webhookId = newId("dashboard");
    const routingId = newId("dashboard");
    const agent = h("select", { id: agentId }, h("option", { value: "" }, "No agent"), agents.map((each) => h("option", { value: each.agent_id }, each.agent_name || each.agent_id)));
    agent.value = boundTo(one.inbound_agents, one.inbound_agent_id)[0]?.agent_id ?? "";
    const webhook = h("input", { id: webhookId, type: "text", value: one.inbound_webhook_url ?? "" });
    const routing = h("input", { id: routingId, type: "checkbox" });
    routing.checked = Boolean(one.is_time_routing_enabled);
    const save = (event) => {
      event.preventDefault();
      const body = { number: one.number, inbound_webhook_url: webhook.value || null, is_time_routing_enabled: routing.checked };
      const chosen = agents.find((each) => each.agent_id === agent.value);
      const versions = (chosen?.versions ?? []).map((each) => each.version);
      const version = versions.length ? Math.max(...versions) : undefined;
      body.inbound_agents = chosen ? [{ agent_id: chosen.agent_id, ...(version === undefined ? {} : { agent_version: version }), weight: 1 }] : [];
      body.inbound_agent_id = null;
      this.changing = null;
      this.steer("uponai/number", body);
    };
    return h(
      "form",
      { class: "dashboard", onSubmit: save },
      h("label", { for: agentId }, "Inbound agent"), agent,
      h("label", { for: webhookId }, "Webhook"), webhook,
      h("label", { class: "dashboard-check", for: routingId }, routing, "Time routing"),
      h("button", { type: "submit", class: "button button-small button-primary" }, "Save in the dashboard"),
    );
  }
}
