"""What was written to the mirror since some write is found by its number, for whoever keeps the numbers in memory."""

from alembic import op

revision = "20261125_number_index"
down_revision = "20261125_number_agents"


def upgrade() -> None:
    op.create_index("ix_numbers_written", "numbers", ["account_sid", "workspace_id", "written"])


def downgrade() -> None:
    op.drop_index("ix_numbers_written", "numbers")
