"""The triggers that hold a change's row let others refer to it meanwhile.

A step of a change asks for the cards of others to be shown anew; each such message refers to its change, which
PostgreSQL checks under a lock that FOR UPDATE refuses. Two steps beside each other so waited in a circle.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_key_share"
down_revision = "20261130_gone"

STRONG, WEAK = "FOR UPDATE", "FOR NO KEY UPDATE"
FUNCTIONS = """
SELECT pg_get_functiondef(p.oid) FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = current_schema() AND p.prorettype = 'trigger'::regtype
    AND p.prosrc LIKE '%FROM changes%' AND p.prosrc LIKE :former
ORDER BY p.proname
"""


def upgrade() -> None:
    _replace(STRONG, WEAK)


def downgrade() -> None:
    _replace(WEAK, STRONG)


def _replace(former: str, present: str) -> None:
    """Change what differs where the functions stand: what other revisions did to them stays."""
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        # SQLite has one writer and no locks of rows.
        return
    for source in bind.scalars(sa.text(FUNCTIONS), {"former": f"%{former}%"}).all():
        bind.exec_driver_sql(source.replace(former, present))
