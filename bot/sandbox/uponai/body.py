"""The body of the PUT, checked as strictly as an exact API would: no unknown key, no wrong type, no wrong sum."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import urlsplit

from bot.sandbox.uponai.refusal import Refusal

UNPROCESSABLE = 422
# Splits that are no whole percents come back as the nearest fractions, whose sum misses 1 by a hair.
SUM_TOLERANCE = Decimal("1e-9")

_KEYS = {
    "accountSid",
    "workspaceId",
    "outboundAgentId",
    "outboundAgentVersion",
    "inboundAgents",
    "inboundWebhookUrl",
    "isTimeRoutingEnabled",
}
_AGENT_KEYS = {"agent_id", "agent_version", "weight"}


def parse_body(raw: bytes, *, decimal: Callable[[str], Any] = Decimal) -> dict[str, Any]:
    """Return the object, decimals as they are written. Raises Refusal when it is no JSON object."""
    try:
        value = json.loads(raw, parse_float=decimal, parse_constant=_no_constant)
    except ValueError as exc:
        raise Refusal(400, "The body is no JSON.") from exc
    if not isinstance(value, dict):
        raise Refusal(400, "The body has to be a JSON object.")
    return value


def check_body(
    body: Mapping[str, Any], *, account_sid: str, workspace_id: int, versions: Mapping[str, set[int]]
) -> None:
    """Refuse a body that an exact API would not take. `versions` are the known versions by agent id."""
    if unknown := sorted(set(body) - _KEYS):
        _refuse(f"Unknown fields: {', '.join(unknown)}.")
    if body.get("accountSid") != account_sid:
        _refuse("accountSid is required and has to be the account of the token.")
    if not _is_int(body.get("workspaceId")) or body["workspaceId"] != workspace_id:
        _refuse("workspaceId is required and has to be the workspace of the number.")
    _check_outbound(body, versions)
    if "inboundAgents" in body:
        _check_inbound(body["inboundAgents"], versions)
    if "inboundWebhookUrl" in body:
        _check_url(body["inboundWebhookUrl"])
    if "isTimeRoutingEnabled" in body and not isinstance(body["isTimeRoutingEnabled"], bool):
        _refuse("isTimeRoutingEnabled has to be true or false.")


def _check_outbound(body: Mapping[str, Any], versions: Mapping[str, set[int]]) -> None:
    agent_id = body.get("outboundAgentId")
    if agent_id is not None:
        _check_agent(agent_id, versions, "outboundAgentId")
    if "outboundAgentVersion" not in body:
        return
    if agent_id is None:
        _refuse("outboundAgentVersion makes no sense without outboundAgentId.")
    _check_version(agent_id, body["outboundAgentVersion"], versions, "outboundAgentVersion")


def _check_inbound(agents: Any, versions: Mapping[str, set[int]]) -> None:
    if not isinstance(agents, list):
        _refuse("inboundAgents has to be an array.")
    total = Decimal(0)
    for agent in agents:
        if not isinstance(agent, dict) or set(agent) - _AGENT_KEYS:
            _refuse("An inbound agent has agent_id, agent_version and weight.")
        _check_agent(agent.get("agent_id"), versions, "agent_id")
        if "agent_version" in agent:
            _check_version(agent["agent_id"], agent["agent_version"], versions, "agent_version")
        weight = agent.get("weight")
        if isinstance(weight, bool) or not isinstance(weight, int | Decimal) or not 0 < weight <= 1:
            _refuse("weight has to be a number above 0, and 1 at most.")
        total += weight
    if agents and abs(total - 1) > SUM_TOLERANCE:
        _refuse(f"The weights add up to {total}, they have to add up to 1.")


def _check_agent(agent_id: Any, versions: Mapping[str, set[int]], name: str) -> None:
    if not isinstance(agent_id, str):
        _refuse(f"{name} has to be a string.")
    if agent_id not in versions:
        _refuse(f"There is no agent {agent_id} in this workspace.")


def _check_version(agent_id: str, version: Any, versions: Mapping[str, set[int]], name: str) -> None:
    if not _is_int(version):
        _refuse(f"{name} has to be an integer.")
    if version not in versions[agent_id]:
        _refuse(f"Agent {agent_id} has no version {version}.")


def _check_url(url: Any) -> None:
    if url is None:
        return
    if not isinstance(url, str):
        _refuse("inboundWebhookUrl has to be a URI or null.")
    try:
        parts = urlsplit(url)
    except ValueError as exc:
        raise Refusal(UNPROCESSABLE, "inboundWebhookUrl has to be a URI or null.") from exc
    if parts.scheme not in ("http", "https") or not parts.hostname:
        _refuse("inboundWebhookUrl has to be a URI or null.")


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _refuse(message: str) -> NoReturn:
    raise Refusal(UNPROCESSABLE, message)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
