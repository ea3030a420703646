"""The rules that hold for a change, and which of them a review counts for.

Triggers keep both: the rules of a revision come from its policy, and a review counts by itself for those that are for
all.
"""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Integer, Table, Text

from bot.store.columns import LongInteger, UtcDateTime, metadata

change_rules = Table(
    "change_rules",
    metadata,
    Column("change_id", LongInteger, ForeignKey("changes.id"), primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("quorum", Integer, nullable=False),
    Column("denial", Text, nullable=False),
    Column("is_for_all", Boolean, nullable=False),
    CheckConstraint("quorum >= 1", "quorum"),
    CheckConstraint("denial IN ('ends','blocks')", "denial"),
)

review_rules = Table(
    "review_rules",
    metadata,
    Column("review_id", LongInteger, ForeignKey("reviews.id"), primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("lost_at", UtcDateTime),
)
