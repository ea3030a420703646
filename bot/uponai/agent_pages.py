"""The list of agents, page by page until it ends."""

from typing import Any

from bot.uponai.calls import Calls
from bot.uponai.errors import UnexpectedReply
from bot.uponai.lists import AgentList
from bot.uponai.wire import WireAgentVersion, list_in, merge_agents, read_entry

LARGEST_PAGE = 16 * 1024 * 1024
AGENTS_A_PAGE = 1000
MOST_PAGES = 1000
LONGEST_KEY = 4000
HIGHEST_VERSION = 10**18

Key = dict[str, str | int]


async def read_agents(calls: Calls, workspace_id: int) -> AgentList:
    """Read all pages; an agent may come once for each of its versions."""
    found: dict[tuple[str, int], WireAgentVersion] = {}
    unreadable = 0
    first_started_at = None
    key: Key | None = {}
    while key is not None:
        value, started_at = await calls.read(
            "agents", params={"workspaceId": workspace_id, "limit": AGENTS_A_PAGE, **key}, largest=LARGEST_PAGE
        )
        first_started_at = first_started_at or started_at
        entries = list_in(value, "data", "agents")
        page = [wire for entry in entries if (wire := read_entry(WireAgentVersion, entry))]
        unreadable += len(entries) - len(page)
        known = len(found)
        found.update({(wire.agent_id, wire.version): wire for wire in page})
        # A server that ignores the key sends the same page for ever: one that brings nothing new is the last.
        key = _next_key(value, page, len(entries)) if len(found) > known else None
        if key is not None and len(found) > MOST_PAGES * AGENTS_A_PAGE:
            raise UnexpectedReply("UponAI's list of agents does not end.")
    return AgentList(merge_agents(list(found.values())), first_started_at or started_at, unreadable)


def _next_key(value: Any, page: list[WireAgentVersion], size: int) -> Key | None:
    """Return the parameters of the next page, None when this was the last."""
    if isinstance(value, dict):
        token = value.get("pagination_key")
        if not isinstance(token, str) or not token:
            return None
        version = value.get("pagination_key_version")
        if len(token) > LONGEST_KEY or (isinstance(version, int) and abs(version) >= HIGHEST_VERSION):
            raise UnexpectedReply("UponAI names the next page of its agents by something that fits no address.")
        return {"paginationKey": token, **({"paginationKeyVersion": version} if isinstance(version, int) else {})}
    # A bare array has no room for a key. Where the page is full, its last entry is the only key there can be.
    if size < AGENTS_A_PAGE or not page:
        return None
    return {"paginationKey": page[-1].agent_id, "paginationKeyVersion": page[-1].version}
