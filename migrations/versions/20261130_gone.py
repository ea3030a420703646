"""Numbers that are listed no longer are found by when they were seen to be gone."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_gone"
down_revision = "20261130_bundles"


def upgrade() -> None:
    op.create_index(
        "ix_numbers_gone",
        "numbers",
        ["as_of"],
        sqlite_where=sa.text("is_listed = 0"),
        postgresql_where=sa.text("NOT is_listed"),
    )


def downgrade() -> None:
    op.drop_index("ix_numbers_gone", "numbers")
