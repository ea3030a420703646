"""The tables of the mirror, in the metadata of all tables."""

from sqlalchemy import Boolean, Column, Index, Table, Text, text

from bot.store.columns import CanonicalJson, LongInteger, UtcDateTime, metadata

numbers = Table(
    "numbers",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("workspace_id", LongInteger, primary_key=True, autoincrement=False),
    Column("number", Text, primary_key=True),
    Column("number_folded", Text, nullable=False),
    Column("digits", Text, nullable=False),
    Column("assignment", CanonicalJson, nullable=False),
    Column("import_error", Text),
    Column("as_of", UtcDateTime, nullable=False),
    Column("is_listed", Boolean, nullable=False),
    Column("written", LongInteger, nullable=False, server_default="0"),
    # What stood in `assignment` before the last write: so that a write itself can tell what it took the place of.
    Column("former", CanonicalJson),
    Index("ix_numbers_written", "account_sid", "workspace_id", "written"),
    Index("ix_numbers_gone", "as_of", sqlite_where=text("is_listed = 0"), postgresql_where=text("NOT is_listed")),
)

# Which numbers an agent answers. Written by triggers on `numbers`, so that whoever writes those cannot forget it.
number_agents = Table(
    "number_agents",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("workspace_id", LongInteger, primary_key=True, autoincrement=False),
    Column("agent_id", Text, primary_key=True),
    Column("number", Text, primary_key=True),
)

agents = Table(
    "agents",
    metadata,
    Column("workspace_id", LongInteger, primary_key=True, autoincrement=False),
    Column("agent_id", Text, primary_key=True),
    Column("name", Text),
    Column("name_folded", Text, nullable=False),
    Column("versions", CanonicalJson, nullable=False),
    Column("as_of", UtcDateTime, nullable=False),
    Column("is_listed", Boolean, nullable=False),
    # The same for agents whose names look alike; empty where the former release has written.
    Column("looks", Text, nullable=False, server_default=""),
    Index("ix_agents_looks", "workspace_id", "looks"),
)

mirror_reads = Table(
    "mirror_reads",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("as_of", UtcDateTime),
    Column("attempted_at", UtcDateTime, nullable=False),
    Column("problem", Text),
    Column("lease_id", Text),
    Column("leased_until", UtcDateTime),
    Column("writes", LongInteger, nullable=False, server_default="0"),
    Column("confirmed", LongInteger, nullable=False, server_default="0"),
)
