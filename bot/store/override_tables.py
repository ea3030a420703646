"""Overrides: who let a change pass without its approvals, why, and whether somebody has looked at that since.

Triggers keep them: a row needs a policy that names who may override, and is never altered but by its one review.
"""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text

from bot.store.columns import LongInteger, UtcDateTime, metadata

overrides = Table(
    "overrides",
    metadata,
    Column("change_id", LongInteger, ForeignKey("changes.id"), primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("overridden_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("remind_at", UtcDateTime, nullable=False),
    Column("reviewed_by", Text),
    Column("reviewed_at", UtcDateTime),
    CheckConstraint("length(trim(reason)) > 0", "reason"),
    CheckConstraint("(reviewed_by IS NULL) = (reviewed_at IS NULL)", "reviewed"),
    CheckConstraint("reviewed_by <> overridden_by", "reviewer"),
    Index(
        "ix_overrides_unreviewed",
        "remind_at",
        sqlite_where=text("reviewed_at IS NULL"),
        postgresql_where=text("reviewed_at IS NULL"),
    ),
)
