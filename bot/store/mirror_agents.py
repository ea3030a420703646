"""The mirror of a workspace's agents: what was listed, as of when."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.account import ListedAgent
from bot.domain.difference import one_line
from bot.store import mirror_reads
from bot.store.schema import agents
from bot.store.upsert import insert_or

_BATCH = 500


async def replace_all(tx: AsyncConnection, workspace_id: int, listed: Sequence[ListedAgent], as_of: datetime) -> None:
    """Take over a whole read that started at `as_of`, and record it in `mirror_reads`.

    Only what differs is written, agents that are missing are no longer listed, and a read older than the last whole
    one changes nothing.
    """
    scope = mirror_reads.agents_scope(workspace_id)
    last = await mirror_reads.last(tx, scope)
    if last is not None and last.as_of is not None and last.as_of > as_of:
        return
    rows = await tx.execute(select(agents).where(agents.c.workspace_id == workspace_id))
    stored = {row["agent_id"]: row for row in rows.mappings()}
    wanted = [_to_row(workspace_id, agent, as_of) for agent in listed]
    differing = [row for row in wanted if _differs(row, stored.get(row["agent_id"]))]
    for start in range(0, len(differing), _BATCH):
        await _put(tx, differing[start : start + _BATCH])
    missing = sorted({i for i, row in stored.items() if row["is_listed"]} - {agent.agent_id for agent in listed})
    for start in range(0, len(missing), _BATCH):
        await tx.execute(
            update(agents)
            .where(agents.c.workspace_id == workspace_id, agents.c.agent_id.in_(missing[start : start + _BATCH]))
            .values(is_listed=False, as_of=as_of)
        )
    await mirror_reads.record(tx, scope, as_of=as_of, at=as_of if last is None else max(as_of, last.attempted_at))


async def find(tx: AsyncConnection, workspace_id: int, agent_ids: Collection[str]) -> dict[str, ListedAgent]:
    """Return those of the agents that are listed, by id."""
    query = select(agents).where(agents.c.workspace_id == workspace_id, agents.c.agent_id.in_(agent_ids))
    rows = (await tx.execute(query.where(agents.c.is_listed))).mappings()
    return {row["agent_id"]: _from_row(row) for row in rows}


async def names(tx: AsyncConnection, workspace_id: int, agent_ids: Collection[str]) -> dict[str, str]:
    """Return the names of those agents that are listed, for people: with the id behind a name that others have too."""
    found = await find(tx, workspace_id, agent_ids)
    folded = {_fold(agent) for agent in found.values()} - {""}
    query = select(agents.c.name_folded).where(
        agents.c.workspace_id == workspace_id, agents.c.is_listed, agents.c.name_folded.in_(folded)
    )
    shared = set((await tx.scalars(query.group_by(agents.c.name_folded).having(func.count() > 1))).all())
    return {
        agent_id: f"{agent.name} ({agent_id})" if _fold(agent) in shared else agent.display_name
        for agent_id, agent in found.items()
    }


async def search(tx: AsyncConnection, workspace_id: int, text: str, limit: int) -> list[ListedAgent]:
    """Return listed agents that hold `text` in name or id: found by name first, then in the order of the alphabet."""
    folded = one_line(text).casefold()
    by_name = agents.c.name_folded.contains(folded, autoescape=True)
    by_id = agents.c.agent_id.icontains(text.strip(), autoescape=True)
    query = (
        select(agents)
        .where(agents.c.workspace_id == workspace_id, agents.c.is_listed, or_(by_name, by_id))
        .order_by(~by_name, agents.c.name_folded == "", agents.c.name_folded, agents.c.agent_id)
        .limit(limit)
    )
    return [_from_row(row) for row in (await tx.execute(query)).mappings()]


async def _put(tx: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    statement = insert_or(tx, agents)
    new = {name: statement.excluded[name] for name in ("name", "name_folded", "versions", "as_of", "is_listed")}
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "agent_id"],
            set_=new,
            where=agents.c.as_of <= statement.excluded.as_of,
        ),
        rows,
    )


def _differs(row: dict[str, Any], stored: RowMapping | None) -> bool:
    return stored is None or any(stored[name] != row[name] for name in ("name", "name_folded", "versions", "is_listed"))


def _to_row(workspace_id: int, agent: ListedAgent, as_of: datetime) -> dict[str, Any]:
    return {
        "workspace_id": workspace_id,
        "agent_id": agent.agent_id,
        "name": agent.name,
        "name_folded": _fold(agent),
        "versions": list(agent.versions),
        "as_of": as_of,
        "is_listed": True,
    }


def _fold(agent: ListedAgent) -> str:
    """Return what people see of a name, so that two names that look the same are the same here."""
    return one_line(agent.name or "").casefold()


def _from_row(row: RowMapping) -> ListedAgent:
    return ListedAgent(row["agent_id"], row["name"], tuple(row["versions"]))
