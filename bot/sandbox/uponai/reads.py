"""The reads of the API: numbers, agents page by page, versions, one agent, workspaces."""

from collections.abc import Mapping

from bot.sandbox.uponai.account import Account, Json
from bot.sandbox.uponai.refusal import Refusal

MOST_AGENTS = 1000


def numbers(account: Account, account_sid: str) -> Json:
    """List the account's numbers."""
    if account_sid != account.account_sid:
        raise Refusal(404, "There is no such account.")
    return {"success": True, "numbers": list(account.numbers.values())}


def agents(account: Account, query: Mapping[str, str]) -> list[Json]:
    """List the agents, one entry for each version; the key of a page is the last entry of the page before."""
    _check_query(account, query, {"limit", "paginationKey", "paginationKeyVersion"})
    limit = _integer(query.get("limit", str(MOST_AGENTS)), "limit")
    if not 1 <= limit <= MOST_AGENTS:
        raise Refusal(422, f"limit has to be from 1 to {MOST_AGENTS}.")
    entries: list[Json] = [
        {
            "agent_id": agent["agent_id"],
            "version": version["version"],
            **({"agent_name": agent["agent_name"]} if agent["agent_name"] else {}),
        }
        for agent in account.agents.values()
        for version in agent["versions"]
    ]
    start = 0
    if "paginationKey" in query:
        key = (query["paginationKey"], _integer(query.get("paginationKeyVersion", "0"), "paginationKeyVersion"))
        places = [i for i, entry in enumerate(entries) if (entry["agent_id"], entry["version"]) == key]
        if not places:
            raise Refusal(422, "paginationKey is not known.")
        start = places[0] + 1
    return entries[start : start + limit]


def versions(account: Account, agent_id: str, query: Mapping[str, str]) -> list[Json]:
    """List the versions of an agent."""
    _check_query(account, query, set())
    return [{"agent_id": agent_id, **version} for version in _agent(account, agent_id)["versions"]]


def agent(account: Account, agent_id: str, query: Mapping[str, str]) -> Json:
    """Read one version of an agent, the newest when none is named."""
    _check_query(account, query, {"version"})
    known = _agent(account, agent_id)
    wanted = _integer(query["version"], "version") if "version" in query else known["versions"][0]["version"]
    for version in known["versions"]:
        if version["version"] == wanted:
            return {
                "agent_id": agent_id,
                "agent_name": known["agent_name"],
                "voice_id": "voice_1",
                "response_engine": {"type": "conversation-flow"},
                **version,
            }
    raise Refusal(404, f"Agent {agent_id} has no version {wanted}.")


def _agent(account: Account, agent_id: str) -> Json:
    known = account.agents.get(agent_id)
    if known is None:
        raise Refusal(404, f"There is no agent {agent_id}.")
    return known


def _check_query(account: Account, query: Mapping[str, str], allowed: set[str]) -> None:
    if unknown := sorted(set(query) - allowed - {"workspaceId"}):
        raise Refusal(422, f"Unknown parameters: {', '.join(unknown)}.")
    if "workspaceId" not in query:
        raise Refusal(422, "workspaceId is required.")
    if _integer(query["workspaceId"], "workspaceId") != account.workspace_id:
        raise Refusal(404, "There is no such workspace.")


def _integer(text: str, name: str) -> int:
    if not text.isdecimal():
        raise Refusal(422, f"{name} has to be an integer.")
    return int(text)
