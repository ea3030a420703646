"""A new revision of an undecided change: the one step that alters what is asked."""

from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import ChangeRequest
from bot.store.changes import to_row
from bot.store.errors import StaleVersion
from bot.store.schema import changes

EDITED = (
    "reason",
    "before",
    "before_at",
    "patch",
    "touched",
    "agent_names",
    "is_outbound_version_newest",
    "policy",
    "quorum",
    "expires_at",
    "due_at",
    "starts_at",
    "put_back_at",
    "origin",
    "revision",
    "version",
)
_SAVE = (
    update(changes)
    .where(changes.c.id == bindparam("of_id"), changes.c.version == bindparam("of_version"))
    .values({name: bindparam(name) for name in EDITED})
    .returning(changes.c.id)
)


async def save(tx: AsyncConnection, change: ChangeRequest) -> ChangeRequest:
    """Save a revision; its audit event has to follow in this transaction. Its rules become those of its policy.

    Raises:
        StaleVersion: The stored change is not at the version before this one.
    """
    row = to_row(change)
    values = {name: row[name] for name in EDITED} | {"of_id": change.id, "of_version": change.version - 1}
    if (await tx.execute(_SAVE, values)).one_or_none() is None:
        raise StaleVersion(f"{change.label} moved on while it was being changed.")
    return change
