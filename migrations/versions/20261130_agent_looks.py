"""How an agent's name looks, by which two that look alike are found among all agents of a workspace.

The former release goes on serving: it leaves the column empty, and the next read by this one fills it in. It is a
digest, because a name can be longer than what an index holds.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_agent_looks"
down_revision = "20261130_schedules"


def upgrade() -> None:
    op.add_column("agents", sa.Column("looks", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_agents_looks", "agents", ["workspace_id", "looks"])


def downgrade() -> None:
    op.drop_index("ix_agents_looks", table_name="agents")
    op.drop_column("agents", "looks")
