"""The account that the stand-in holds: numbers, agents, workspaces; kept in a file when one is given."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.sandbox.uponai.body import check_body
from bot.sandbox.uponai.refusal import Refusal

Json = dict[str, Any]

_FIELDS: Json = {
    "id": 0,
    "number": "",
    "base_number": None,
    "account_sid": "",
    "workspace_id": 0,
    "agent_id": None,
    "default_agent_id": None,
    "inbound_agent_id": None,
    "inbound_agents": [],
    "outbound_agents": [],
    "inbound_agent_version": None,
    "outbound_agent_version": None,
    "application_sid": None,
    "phone_number_sid": None,
    "inbound_webhook_url": None,
    "is_time_routing_enabled": False,
    "platform_import_error": False,
    "platform_import_error_message": None,
}


class Account:
    """Numbers and agents of one account. Agents are `{agent_id, agent_name, versions: [{version, updated_at}]}`."""

    def __init__(self, account_sid: str, workspace_id: int, snapshot: Path | None) -> None:
        self.account_sid = account_sid
        self.workspace_id = workspace_id
        self.numbers: dict[str, Json] = {}
        self.agents: dict[str, Json] = {}
        self.workspaces: list[Json] = []
        self._snapshot = snapshot

    def load(self) -> bool:
        """Take over what the file holds; say whether there was one."""
        if self._snapshot is None or not self._snapshot.exists():
            return False
        kept = json.loads(self._snapshot.read_text())
        self.numbers = {number["number"]: number for number in kept["numbers"]}
        self.agents = {agent["agent_id"]: agent for agent in kept["agents"]}
        self.workspaces = kept["workspaces"]
        return True

    def save(self) -> None:
        """Write the file anew, whole or not at all."""
        if self._snapshot is None:
            return
        beside = self._snapshot.with_suffix(".new")
        beside.write_text(json.dumps(self.to_json(), ensure_ascii=False, indent=1))
        beside.replace(self._snapshot)

    def to_json(self) -> Json:
        """Return everything as JSON values."""
        return {
            "numbers": list(self.numbers.values()),
            "agents": list(self.agents.values()),
            "workspaces": self.workspaces,
        }

    def set_number(self, number: str, fields: Mapping[str, Any]) -> Json:
        """Add or change a number as the dashboard would; the single agent fields follow the lists."""
        if unknown := sorted(set(fields) - set(_FIELDS)):
            raise Refusal(422, f"A number object has no {', '.join(unknown)}.")
        known = self.numbers.get(number) or {
            **_FIELDS,
            "id": 1 + max((other["id"] for other in self.numbers.values()), default=100),
            "number": number,
            "base_number": number if number.startswith("+") else None,
            "account_sid": self.account_sid,
            "workspace_id": self.workspace_id,
        }
        changed = {**known, **_single_agents(fields), **fields, "number": number}
        self.numbers[number] = changed
        return changed

    def check(self, number: str, body: Mapping[str, Any]) -> None:
        """Refuse a PUT that an exact API would not take."""
        known = self.numbers.get(number)
        if known is None:
            raise Refusal(404, f"There is no number {number} in this account.")
        check_body(
            body,
            account_sid=self.account_sid,
            workspace_id=known["workspace_id"],
            versions={
                agent_id: {version["version"] for version in agent["versions"]}
                for agent_id, agent in self.agents.items()
            },
        )

    def assign(self, number: str, body: Mapping[str, Any]) -> Json:
        """Apply a PUT that was checked, and return the number object."""
        fields: Json = {}
        if "inboundAgents" in body:
            fields["inbound_agents"] = [
                {
                    "agent_id": agent["agent_id"],
                    "agent_version": agent.get("agent_version"),
                    "weight": _as_stored(agent["weight"]),
                }
                for agent in body["inboundAgents"]
            ]
        if "outboundAgentId" in body:
            fields["outbound_agents"] = self._outbound(number, body)
        if "inboundWebhookUrl" in body:
            fields["inbound_webhook_url"] = body["inboundWebhookUrl"]
        if "isTimeRoutingEnabled" in body:
            fields["is_time_routing_enabled"] = body["isTimeRoutingEnabled"]
        changed = self.set_number(number, fields)
        self.save()
        return changed

    def _outbound(self, number: str, body: Mapping[str, Any]) -> list[Json]:
        agent_id = body["outboundAgentId"]
        if agent_id is None:
            return []
        # Left out, the version of the former agent stays: the reference does not say otherwise.
        version = body.get("outboundAgentVersion", self.numbers[number]["outbound_agent_version"])
        return [{"agent_id": agent_id, "agent_version": version, "weight": 1}]


def _single_agents(fields: Mapping[str, Any]) -> Json:
    singles: Json = {}
    if "inbound_agents" in fields:
        first = (fields["inbound_agents"] or [{}])[0]
        singles["inbound_agent_id"] = first.get("agent_id")
        singles["inbound_agent_version"] = first.get("agent_version")
    if "outbound_agents" in fields:
        first = (fields["outbound_agents"] or [{}])[0]
        singles["agent_id"] = first.get("agent_id")
        singles["outbound_agent_version"] = first.get("agent_version")
    return singles


def _as_stored(weight: int | Decimal) -> int | float:
    return weight if isinstance(weight, int) else float(weight)
