"""The mirror of a workspace's agents: what was listed, as of when."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, RowMapping, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.account import ListedAgent
from bot.domain.difference import agent_labels, one_line
from bot.domain.lookalikes import looks
from bot.store.mirror import reads as mirror_reads
from bot.store.mirror.schema import agents
from bot.store.mirror.whole_read import Write
from bot.store.upsert import insert_or

# Of a hundred thousand agents of one name nobody can be shown all.
ALIKE_COMPARED = 500
_DIGEST_LENGTH = 32
_WRITTEN = ("name", "name_folded", "looks", "versions", "as_of", "is_listed")
_IS_LISTED = (agents.c.workspace_id == bindparam("of_workspace")) & agents.c.is_listed
_IS_WANTED = agents.c.agent_id.in_(bindparam("ids", expanding=True))
_OWN_LOOKS = select(agents.c.looks).where(_IS_LISTED, _IS_WANTED, agents.c.looks != "")
_WITH_ALIKE = (
    select(agents)
    .where(_IS_LISTED, or_(_IS_WANTED, agents.c.looks.in_(_OWN_LOOKS)))
    .order_by(~_IS_WANTED, agents.c.agent_id)
    .limit(bindparam("most", type_=Integer))
)

# What an agent is stored as: its name, as it is, as it is searched and as it looks, and its versions.
Stored = tuple[str | None, str, str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class MirroredAgents:
    """The agents of one workspace, as `mirror_whole.take_over` stores them."""

    workspace_id: int

    @property
    def scope(self) -> str:
        """Name the list."""
        return mirror_reads.agents_scope(self.workspace_id)

    def compared(self, entry: ListedAgent) -> Stored:
        """Return what is stored of an agent."""
        return entry.name, _fold(entry), _looks_of(entry), entry.versions

    async def page(
        self, tx: AsyncConnection, after: str | None, limit: int, now: datetime
    ) -> list[tuple[str, Stored | None, bool]]:
        """Return stored rows in the order of the ids."""
        query = select(agents).where(agents.c.workspace_id == self.workspace_id)
        if after is not None:
            query = query.where(agents.c.agent_id > after)
        rows = (await tx.execute(query.order_by(agents.c.agent_id).limit(limit))).mappings()
        return [(row["agent_id"], None if row["as_of"] > now else _stored(row), row["is_listed"]) for row in rows]

    async def put(self, tx: AsyncConnection, entries: Sequence[ListedAgent], as_of: datetime, write: Write) -> None:
        """Write agents."""
        statement = insert_or(tx, agents)
        new = {
            name: statement.excluded[name]
            for name in ("name", "name_folded", "looks", "versions", "as_of", "is_listed")
        }
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=["workspace_id", "agent_id"],
                set_=new,
                where=or_(agents.c.as_of <= statement.excluded.as_of, agents.c.as_of > write.at),
            ),
            [_to_row(self.workspace_id, entry, as_of) for entry in entries],
        )

    async def unlist(self, tx: AsyncConnection, names: Sequence[str], as_of: datetime, write: Write) -> None:
        """Mark agents as no longer listed."""
        await tx.execute(
            update(agents)
            .where(
                agents.c.workspace_id == self.workspace_id,
                agents.c.agent_id.in_(names),
                or_(agents.c.as_of <= as_of, agents.c.as_of > write.at),
            )
            .values(is_listed=False, as_of=as_of)
        )


async def find(tx: AsyncConnection, workspace_id: int, agent_ids: Collection[str]) -> dict[str, ListedAgent]:
    """Return those of the agents that are listed, by id."""
    if not agent_ids:
        return {}
    query = select(agents).where(agents.c.workspace_id == workspace_id, agents.c.agent_id.in_(agent_ids))
    rows = (await tx.execute(query.where(agents.c.is_listed))).mappings()
    return {row["agent_id"]: _from_row(row) for row in rows}


async def find_with_names(
    tx: AsyncConnection, workspace_id: int, agent_ids: Collection[str]
) -> tuple[dict[str, ListedAgent], dict[str, str]]:
    """Return those of the agents that are listed, and what to call each, by id.

    The name bears the end of the id where another agent of the workspace looks the same: whoever reads one name must
    not take it for the other's, also where the other one is not shown.
    """
    if not agent_ids:
        return {}, {}
    values = {"of_workspace": workspace_id, "ids": list(agent_ids), "most": len(agent_ids) + ALIKE_COMPARED}
    found = {row["agent_id"]: _from_row(row) for row in (await tx.execute(_WITH_ALIKE, values)).mappings()}
    labels = agent_labels({agent_id: agent.display_name for agent_id, agent in found.items()})
    wanted = [agent_id for agent_id in found if agent_id in agent_ids]
    return {agent_id: found[agent_id] for agent_id in wanted}, {agent_id: labels[agent_id] for agent_id in wanted}


async def names(tx: AsyncConnection, workspace_id: int, agent_ids: Collection[str]) -> dict[str, str]:
    """Return what to call those agents that are listed, told apart from all others of the workspace."""
    return (await find_with_names(tx, workspace_id, agent_ids))[1]


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


async def named(tx: AsyncConnection, workspace_id: int, text: str, limit: int) -> list[str]:
    """Return the ids of listed agents that hold `text` in their name, in the order of the alphabet."""
    folded = one_line(text).casefold()
    if not folded:
        return []
    query = (
        select(agents.c.agent_id)
        .where(
            agents.c.workspace_id == workspace_id,
            agents.c.is_listed,
            agents.c.name_folded.contains(folded, autoescape=True),
        )
        .order_by(agents.c.name_folded, agents.c.agent_id)
        .limit(limit)
    )
    return list((await tx.scalars(query)).all())


def _to_row(workspace_id: int, agent: ListedAgent, as_of: datetime) -> dict[str, Any]:
    return {
        "workspace_id": workspace_id,
        "agent_id": agent.agent_id,
        "name": agent.name,
        "name_folded": _fold(agent),
        "looks": _looks_of(agent),
        "versions": list(agent.versions),
        "as_of": as_of,
        "is_listed": True,
    }


def _fold(agent: ListedAgent) -> str:
    """Return what people see of a name, which is what they search for."""
    return one_line(agent.name or "").casefold()


def _looks_of(agent: ListedAgent) -> str:
    """Return a digest of how the agent's name looks: a name can be longer than what an index holds."""
    seen = looks(one_line(agent.display_name) or agent.agent_id)
    return hashlib.sha256(seen.encode()).hexdigest()[:_DIGEST_LENGTH]


def _stored(row: RowMapping) -> Stored:
    return row["name"], row["name_folded"], row["looks"], tuple(row["versions"])


def _from_row(row: RowMapping) -> ListedAgent:
    return ListedAgent(row["agent_id"], row["name"], tuple(row["versions"]))
