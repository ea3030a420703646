"""Changes of numbers that were made outside: one row a number, one notice for those that are told in one message."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, text

from bot.store.columns import CanonicalJson, LongInteger, UtcDateTime, metadata, numbered_id

outside_notices = Table(
    "outside_notices",
    metadata,
    numbered_id(),
    Column("team_id", Text, nullable=False),
    Column("account_sid", Text, nullable=False),
    Column("workspace_id", LongInteger, nullable=False),
    # What kind of reading has found it: a whole list, or the look of a change.
    Column("reading", Text, nullable=False),
    # Empty where nobody is told.
    Column("channel_id", Text, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("announced_at", UtcDateTime),
    Column("kept_by", Text),
    Column("kept_at", UtcDateTime),
    Index(
        "ix_outside_notices_untold",
        "account_sid",
        "workspace_id",
        "id",
        sqlite_where=text("announced_at IS NULL"),
        postgresql_where=text("announced_at IS NULL"),
    ),
    Index(None, "seen_at"),
    sqlite_autoincrement=True,
)

outside_changes = Table(
    "outside_changes",
    metadata,
    numbered_id(),
    Column("notice_id", LongInteger, ForeignKey("outside_notices.id"), nullable=False),
    Column("number", Text, nullable=False),
    Column("before", CanonicalJson, nullable=False),
    Column("after", CanonicalJson, nullable=False),
    Column("fields", Integer, nullable=False),
    Index(None, "notice_id", "id"),
    sqlite_autoincrement=True,
)
