"""Delivery: where an attempt went, what is wrong with a card's channel, and an index of what was delivered."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_delivery"
down_revision = "20261124_waiting"

TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
DONE = sa.text("done_at IS NOT NULL")


def upgrade() -> None:
    # All may be empty: the release before this one writes none of them, and reads none.
    op.add_column("outbox", sa.Column("attempted_channel", sa.Text()))
    op.add_column("outbox", sa.Column("attempted_thread", sa.Text()))
    op.create_index("ix_outbox_done", "outbox", ["done_at", "id"], sqlite_where=DONE, postgresql_where=DONE)
    op.add_column("cards", sa.Column("attempted_at", TIME))
    op.add_column("cards", sa.Column("problem", sa.Text()))
    op.add_column("cards", sa.Column("problem_at", TIME))


def downgrade() -> None:
    op.drop_index("ix_outbox_done", "outbox")
    for table, column in (
        ("cards", "problem_at"),
        ("cards", "problem"),
        ("cards", "attempted_at"),
        ("outbox", "attempted_thread"),
        ("outbox", "attempted_channel"),
    ):
        op.drop_column(table, column)
