"""Indexes by which the looks of the workers read what is due and what is open, whatever the history has grown to.

They are built in the migration's transaction, by CREATE INDEX. That keeps writers of `changes`, `reviews` and `outbox`
out until it commits, for some two seconds at 200,000 changes and 1,000,000 messages: people are told that the database
is busy, workers try again, readers notice nothing. CREATE INDEX CONCURRENTLY would let writers through, but it runs
outside of any transaction, for as long as any other one is open, and leaves an invalid index behind when it fails:
too much to go wrong for two seconds. The large table, `audit_events`, is left alone.

They lock the tables in the order in which the bot writes to them, so that nobody waits in a circle. No index goes: to
drop one keeps readers out as well, and is for a release of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_plans"
down_revision = "20261124_delivery"

UNFINISHED = "state IN ('pending', 'approved', 'applying', 'unclear')"
INDEXES = (
    ("ix_changes_pending", "changes", ["state", "expires_at", "id"], "state = 'pending'"),
    ("ix_changes_approved", "changes", ["state", "apply_before", "id"], "state = 'approved'"),
    ("ix_changes_due", "changes", ["state", "account_sid", "workspace_id", "due_at", "id"], "state = 'approved'"),
    ("ix_changes_number_unfinished", "changes", ["number", "account_sid", "workspace_id", "state", "id"], UNFINISHED),
    ("ix_changes_team_unfinished", "changes", ["team_id", "state", "id"], UNFINISHED),
    ("ix_changes_number_id", "changes", ["number", "id"], None),
    ("ix_reviews_change_id_id", "reviews", ["change_id", "id"], None),
    ("ix_outbox_due", "outbox", ["due_at", "id"], "done_at IS NULL"),
)


def upgrade() -> None:
    for name, table, columns, condition in INDEXES:
        where = None if condition is None else sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table)
