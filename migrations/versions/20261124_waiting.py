"""Waiting for UponAI: why and since when a change waits, and for how long UponAI has refused the token.

Where a change waits, its next look moves without a new version. The former release goes on serving: it leaves the new
columns empty, and the trigger allows what it allowed.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_waiting"
down_revision = "20261124_mirror"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

DIFFERS = {"postgresql": "IS DISTINCT FROM", "sqlite": "IS NOT"}
# What the trigger of 20261123 says, and what it says from now on.
LEASE = "OLD.state NOT IN ('applying', 'unclear')"
LEASE_OR_WAIT = LEASE + " OR NEW.not_before {differs} OLD.not_before AND OLD.state <> 'approved'"
VERSIONED = "{row}.approval_order, {row}.not_before, {row}.attempts, {row}.sent_at"
VERSIONED_BUT_WAIT = "{row}.approval_order, {row}.attempts, {row}.sent_at"
LAST = "{row}.problem, {row}.details"
LAST_AND_CAUSE = "{row}.problem, {row}.details, {row}.wait_cause, {row}.waiting_since"


def upgrade() -> None:
    op.add_column("changes", sa.Column("wait_cause", sa.Text()))
    op.add_column("changes", sa.Column("waiting_since", TIME))
    op.create_table(
        "token_refusals",
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("workspace_id", LONG, autoincrement=False, nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("outage_id", sa.Text(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.PrimaryKeyConstraint("account_sid", "workspace_id", "call", name="pk_token_refusals"),
    )
    edit_trigger(wordings())


def downgrade() -> None:
    edit_trigger([(new, old, times) for old, new, times in wordings()])
    op.drop_table("token_refusals")
    op.drop_column("changes", "waiting_since")
    op.drop_column("changes", "wait_cause")


def wordings() -> list[tuple[str, str, int]]:
    """Return the former wording, the new one, and how often it stands there."""
    differs = DIFFERS[op.get_bind().dialect.name]
    return [(LEASE, LEASE_OR_WAIT.format(differs=differs), 1)] + [
        (old.format(row=row), new.format(row=row), times)
        for row in ("NEW", "OLD")
        for old, new, times in ((VERSIONED, VERSIONED_BUT_WAIT, 1), (LAST, LAST_AND_CAUSE, 2))
    ]


def edit_trigger(changes: list[tuple[str, str, int]]) -> None:
    """Change what differs where the trigger stands: what other revisions did to it stays."""
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        source = bind.scalar(sa.text("SELECT pg_get_functiondef('changes_update()'::regprocedure)"))
    else:
        source = bind.scalar(
            sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = 'changes_update'")
        )
        bind.exec_driver_sql("DROP TRIGGER changes_update")
    for old, new, times in changes:
        if source.count(old) != times:
            raise ValueError(f"The trigger changes_update does not say {old!r} {times} time(s).")
        source = source.replace(old, new)
    bind.exec_driver_sql(source)
