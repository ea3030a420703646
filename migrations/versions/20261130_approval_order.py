"""A place in the order of approval is unique without being a key: others may refer to a change while it is stepped.

A step writes the place with the rest of the row. While that was part of a key, PostgreSQL took each step for one that
may change what others refer to, and let nobody refer to the row meanwhile: a worker that ended a change and a courier
that told of it waited in a circle. SQLite locks no rows, and cannot drop a constraint without writing the table anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_approval_order"
down_revision = "20261130_key_share"

KEY = "uq_changes_account_sid_workspace_id_number_approval_order"
INDEX = "uq_changes_approval_order"
COLUMNS = ["account_sid", "workspace_id", "number", "approval_order"]


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    # First what takes the stronger lock: who takes it second waits for those who wait for the first.
    op.drop_constraint(KEY, "changes", type_="unique")
    op.create_index(INDEX, "changes", COLUMNS, unique=True, postgresql_where=sa.text("approval_order IS NOT NULL"))


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_unique_constraint(KEY, "changes", COLUMNS)
    op.drop_index(INDEX, "changes")
