"""Changes of numbers that were made outside, the notices that tell them, and what the mirror's last write replaced.

The former release goes on serving: what it writes to the mirror leaves `former` as it is, and every write of this
release sets it anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_outside"
down_revision = "20261130_agent_looks"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.add_column("numbers", sa.Column("former", sa.Text()))
    op.create_table(
        "outside_notices",
        sa.Column("id", LONG, sa.Identity(always=True), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("workspace_id", LONG, nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("announced_at", TIME),
        sa.Column("kept_by", sa.Text()),
        sa.Column("kept_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_outside_notices"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_outside_notices_untold",
        "outside_notices",
        ["account_sid", "workspace_id", "id"],
        sqlite_where=sa.text("announced_at IS NULL"),
        postgresql_where=sa.text("announced_at IS NULL"),
    )
    op.create_index("ix_outside_notices_seen_at", "outside_notices", ["seen_at"])
    op.create_table(
        "outside_changes",
        sa.Column("id", LONG, sa.Identity(always=True), nullable=False),
        sa.Column("notice_id", LONG, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("fields", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outside_changes"),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["outside_notices.id"], name="fk_outside_changes_notice_id_outside_notices"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outside_changes_notice_id_id", "outside_changes", ["notice_id", "id"])
    op.create_index(
        "ix_audit_events_of_numbers",
        "audit_events",
        ["event", "id"],
        sqlite_where=sa.text("event IN ('number.changed_outside','number.kept')"),
        postgresql_where=sa.text("event IN ('number.changed_outside','number.kept')"),
    )


def downgrade() -> None:
    op.drop_index("ix_audit_events_of_numbers", "audit_events")
    op.drop_table("outside_changes")
    op.drop_table("outside_notices")
    op.drop_column("numbers", "former")
