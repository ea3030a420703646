"""The mirror remembers which whole read is being stored, so that none that is older is written meanwhile.

The previous release neither reads nor writes the new column.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_mirror"
down_revision = "20261123"

TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.add_column("mirror_reads", sa.Column("storing_as_of", TIME))


def downgrade() -> None:
    op.drop_column("mirror_reads", "storing_as_of")
