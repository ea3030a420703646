"""The PUT of the API, and the faults that hit it after it was understood."""

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.sandbox.uponai.account import Account, Json
from bot.sandbox.uponai.faults import Faults

IMPORT_MESSAGE = "The SIP trunk of this number did not answer."
_FIELD_OF = {
    "inboundAgents": "inbound_agents",
    "outboundAgentId": "outbound_agents",
    "inboundWebhookUrl": "inbound_webhook_url",
    "isTimeRoutingEnabled": "is_time_routing_enabled",
}


class Writes:
    """Applies PUTs to an account."""

    def __init__(self, account: Account, faults: Faults) -> None:
        self._account = account
        self._faults = faults
        self._late: set[asyncio.Task[None]] = set()

    def apply(self, number: str, body: Mapping[str, Any]) -> Json:
        """Apply a PUT that was checked, as far as the faults let it, and return the answer."""
        changed = self._account.assign(number, body)
        if self._faults.hit("drops_webhook", is_write=True) and "inboundWebhookUrl" not in body:
            changed = self._account.set_number(number, {"inbound_webhook_url": None})
        if fault := self._faults.hit("import_error", is_write=True):
            changed = self._account.set_number(
                number,
                {"platform_import_error": True, "platform_import_error_message": fault.message or IMPORT_MESSAGE},
            )
        else:
            changed = self._account.set_number(
                number, {"platform_import_error": False, "platform_import_error_message": None}
            )
        if self._faults.hit("interferes", is_write=True):
            changed = self._account.set_number(number, self._other_values(body, changed))
        self._account.save()
        return _answer(changed)

    def apply_late(self, number: str, body: Mapping[str, Any], delay: float) -> None:
        """Apply a PUT after a while, when nobody waits for its answer any more."""
        task = asyncio.create_task(self._apply_after(number, body, delay))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    def forget_late(self) -> None:
        """Drop what has not landed yet."""
        for task in self._late:
            task.cancel()

    async def _apply_after(self, number: str, body: Mapping[str, Any], delay: float) -> None:
        await asyncio.sleep(delay)
        self.apply(number, body)

    def _other_values(self, body: Mapping[str, Any], number: Json) -> Json:
        """Return what somebody else puts into the touched fields: never what was just put there."""
        taken = {agent["agent_id"] for name in ("inbound_agents", "outbound_agents") for agent in number[name] or []}
        other = next((agent for agent_id, agent in self._account.agents.items() if agent_id not in taken), None)
        theirs = [{"agent_id": other["agent_id"], "agent_version": 0, "weight": 1}] if other else []
        values = {
            "inbound_agents": theirs,
            "outbound_agents": theirs,
            "inbound_webhook_url": "https://somebody-else.example.com/hook",
            "is_time_routing_enabled": not number["is_time_routing_enabled"],
        }
        return {field: values[field] for key, field in _FIELD_OF.items() if key in body}


def _answer(number: Json) -> Json:
    names = (
        "account_sid",
        "workspace_id",
        "agent_id",
        "inbound_agent_id",
        "outbound_agents",
        "inbound_agents",
        "is_time_routing_enabled",
        "platform_import_error",
        "platform_import_error_message",
    )
    return {
        "success": True,
        "message": "Number assignment updated.",
        "numbers": [number],
        "assignment": {name: number[name] for name in names},
    }
