"""The mirror numbers its writes, so that a whole read confirms what it has compared and nothing that came later.

The previous release writes no number: what it writes beside this one counts as written before. That touches only what
forms say about the age of an entry, and only while both releases run.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_mirror"
down_revision = "20261123"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ADDED = (("mirror_reads", "writes"), ("mirror_reads", "confirmed"), ("numbers", "written"))


def upgrade() -> None:
    for table, column in ADDED:
        op.add_column(table, sa.Column(column, LONG, nullable=False, server_default="0"))


def downgrade() -> None:
    for table, column in ADDED:
        op.drop_column(table, column)
