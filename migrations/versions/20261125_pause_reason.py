"""Why sending was paused, and in which channel that was told.

The former release goes on serving: it leaves both empty, and what it pauses has no reason.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125_pause_reason"
down_revision = "20261124_plans"


def upgrade() -> None:
    op.add_column("pauses", sa.Column("reason", sa.Text()))
    op.add_column("pauses", sa.Column("channel_id", sa.Text()))


def downgrade() -> None:
    op.drop_column("pauses", "channel_id")
    op.drop_column("pauses", "reason")
