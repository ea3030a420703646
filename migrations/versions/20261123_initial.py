"""The first schema: changes, reviews and the audit record with their triggers, the outbox, the mirror."""

import re
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "20261123"
down_revision = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
STATES = "'pending','approved','applying','applied','denied','canceled','expired','stale','failed','unclear','resolved'"
FINAL = "'applied','denied','canceled','expired','stale','failed','resolved'"


def upgrade() -> None:
    create_record()
    create_work()
    create_mirror()
    run_sql("upgrade")


def downgrade() -> None:
    # The triggers refuse to empty the record, and go first.
    run_sql("downgrade")
    for table in ("reviews", "cards", "outbox", "changes", "audit_events", "audit_head"):
        op.drop_table(table)
    for table in ("pauses", "rate_limits", "numbers", "agents", "mirror_reads"):
        op.drop_table(table)


def run_sql(direction: str) -> None:
    """Run the triggers' file of this dialect, statement by statement: each starts at the beginning of a line."""
    bind = op.get_bind()
    source = Path(__file__).with_name(f"20261123_{direction}.{bind.dialect.name}.sql").read_text(encoding="utf-8")
    if bind.dialect.name == "postgresql":
        # A trigger's tables are found in this schema and nowhere else: a temporary table must not shadow them.
        schema = bind.scalar(sa.text("SELECT quote_ident(current_schema())"))
        source = source.replace("@schema@", schema)
    for statement in re.split(r"(?m)^(?=CREATE |DROP |INSERT )", source)[1:]:
        bind.exec_driver_sql(statement)


def create_record() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("change_id", LONG),
        sa.Column("change_version", sa.Integer()),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "change_version IS NULL OR change_id IS NOT NULL", name=op.f("ck_audit_events_change_version")
        ),
        sa.CheckConstraint("length(hash) = 64 AND length(previous_hash) = 64", name=op.f("ck_audit_events_hash")),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
        sa.UniqueConstraint("change_id", "change_version", name="uq_audit_events_change_id_change_version"),
        sa.UniqueConstraint("hash", name="uq_audit_events_hash"),
        sa.UniqueConstraint("previous_hash", name="uq_audit_events_previous_hash"),
    )
    op.create_index("ix_audit_events_actor_id_id", "audit_events", ["actor_id", "id"])
    op.create_index("ix_audit_events_at", "audit_events", ["at"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", LONG, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_id")),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.create_table(
        "changes",
        sa.Column("id", LONG, sa.Identity(always=True), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("workspace_id", LONG, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("requester_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("before_at", TIME, nullable=False),
        sa.Column("patch", sa.Text(), nullable=False),
        sa.Column("touched", sa.Integer(), nullable=False),
        sa.Column("agent_names", sa.Text(), nullable=False),
        sa.Column("is_outbound_version_newest", sa.Boolean(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("submission_key", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("parent_id", LONG),
        sa.Column("origin", sa.Text()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", TIME),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decision_reason", sa.Text()),
        sa.Column("approved_at", TIME),
        sa.Column("apply_before", TIME),
        sa.Column("approval_order", LONG),
        sa.Column("not_before", TIME),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_id", sa.Text()),
        sa.Column("leased_until", TIME),
        sa.Column("sent_at", TIME),
        sa.Column("looked", sa.Text()),
        sa.Column("errand", sa.Text()),
        sa.Column("errand_by", sa.Text()),
        sa.Column("finished_at", TIME),
        sa.Column("result", sa.Text()),
        sa.Column("result_at", TIME),
        sa.Column("problem", sa.Text()),
        sa.Column("details", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "errand IS NULL OR (state = 'unclear' AND errand IN ('try_again','resolve'))",
            name=op.f("ck_changes_errand"),
        ),
        sa.CheckConstraint("state <> 'applying' OR leased_until IS NOT NULL", name=op.f("ck_changes_applying")),
        sa.CheckConstraint("state <> 'pending' OR approval_order IS NULL", name=op.f("ck_changes_pending")),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_changes_state")),
        sa.CheckConstraint(f"state NOT IN ({FINAL}) OR finished_at IS NOT NULL", name=op.f("ck_changes_final")),
        sa.CheckConstraint(
            "state NOT IN ('approved','applying','applied','failed','unclear','resolved') OR "
            "(approval_order IS NOT NULL AND approved_at IS NOT NULL AND apply_before IS NOT NULL)",
            name=op.f("ck_changes_approved"),
        ),
        sa.CheckConstraint("id > 0", name=op.f("ck_changes_id")),
        sa.CheckConstraint("quorum >= 1", name=op.f("ck_changes_quorum")),
        sa.CheckConstraint("revision >= 1 AND version >= 1 AND attempts >= 0", name=op.f("ck_changes_counts")),
        sa.CheckConstraint("touched > 0", name=op.f("ck_changes_touched")),
        sa.ForeignKeyConstraint(
            ["id", "version"],
            ["audit_events.change_id", "audit_events.change_version"],
            name="fk_changes_id_version_audit_events",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["changes.id"], name="fk_changes_parent_id_changes"),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
        sa.UniqueConstraint(
            "account_sid",
            "workspace_id",
            "number",
            "approval_order",
            name="uq_changes_account_sid_workspace_id_number_approval_order",
        ),
        sa.UniqueConstraint("team_id", "submission_key", name="uq_changes_team_id_submission_key"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_changes_account_sid_workspace_id_number_id", "changes", ["account_sid", "workspace_id", "number", "id"]
    )
    op.create_index("ix_changes_team_id_id", "changes", ["team_id", "id"])
    op.create_index(
        "ix_changes_unfinished", "changes", ["state", "id"], postgresql_where=sa.text(f"state NOT IN ({FINAL})")
    )
    op.create_index(
        "uq_changes_applying",
        "changes",
        ["account_sid", "workspace_id", "number"],
        unique=True,
        sqlite_where=sa.text("state = 'applying'"),
        postgresql_where=sa.text("state = 'applying'"),
    )
    op.create_table(
        "reviews",
        sa.Column("id", LONG, sa.Identity(always=True), nullable=False),
        sa.Column("change_id", LONG, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("at", TIME, nullable=False),
        sa.Column("withdrawn_at", TIME),
        sa.CheckConstraint("verdict IN ('approve','deny')", name=op.f("ck_reviews_verdict")),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name="fk_reviews_change_id_changes"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_reviews_live",
        "reviews",
        ["change_id", "revision", "reviewer_id"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def create_work() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", LONG, sa.Identity(always=True), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("change_id", LONG),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempted_at", TIME),
        sa.Column("lease_id", sa.Text()),
        sa.Column("leased_until", TIME),
        sa.Column("done_at", TIME),
        sa.Column("posted_channel", sa.Text()),
        sa.Column("posted_ts", sa.Text()),
        sa.Column("problem", sa.Text()),
        sa.Column("is_parked", sa.Boolean(), nullable=False),
        sa.CheckConstraint("lease_id IS NULL OR leased_until IS NOT NULL", name=op.f("ck_outbox_lease")),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name="fk_outbox_change_id_changes"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("fact", name="uq_outbox_fact"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_change_id", "outbox", ["change_id"])
    op.create_index(
        "ix_outbox_undone",
        "outbox",
        ["lane", "id"],
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "cards",
        sa.Column("change_id", LONG, autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("message_ts", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("shown_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name="fk_cards_change_id_changes"),
        sa.PrimaryKeyConstraint("change_id", name="pk_cards"),
    )
    op.create_table(
        "pauses",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("paused_by", sa.Text(), nullable=False),
        sa.Column("paused_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("team_id", name="pk_pauses"),
    )
    op.create_table(
        "rate_limits",
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("method", "channel_id", name="pk_rate_limits"),
    )


def create_mirror() -> None:
    op.create_table(
        "numbers",
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("workspace_id", LONG, autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("number_folded", sa.Text(), nullable=False),
        sa.Column("digits", sa.Text(), nullable=False),
        sa.Column("assignment", sa.Text(), nullable=False),
        sa.Column("import_error", sa.Text()),
        sa.Column("as_of", TIME, nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account_sid", "workspace_id", "number", name="pk_numbers"),
    )
    op.create_table(
        "agents",
        sa.Column("workspace_id", LONG, autoincrement=False, nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("name_folded", sa.Text(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.Column("as_of", TIME, nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "agent_id", name="pk_agents"),
    )
    op.create_table(
        "mirror_reads",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("as_of", TIME),
        sa.Column("attempted_at", TIME, nullable=False),
        sa.Column("problem", sa.Text()),
        sa.Column("lease_id", sa.Text()),
        sa.Column("leased_until", TIME),
        sa.PrimaryKeyConstraint("scope", name="pk_mirror_reads"),
    )
