"""The tables, as the newest migration leaves them. Triggers live in the migrations alone."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    FromClause,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    text,
)

from bot.store import outside_tables, override_tables, rule_tables  # noqa: F401 - they are part of the metadata.
from bot.store.columns import CanonicalJson, LongInteger, UtcDateTime, metadata, numbered_id
from bot.store.mirror import schema as mirror_schema  # noqa: F401 - its tables are part of the metadata.

STATES = "'pending','approved','applying','applied','denied','canceled','expired','stale','failed','unclear','resolved'"
DECIDED_FOR = "'approved','applying','applied','failed','unclear','resolved'"
FINAL = "'applied','denied','canceled','expired','stale','failed','resolved'"
UNFINISHED = ("pending", "approved", "applying", "unclear")
_IS_UNFINISHED = f"state IN {UNFINISHED}"


def _only(condition: str, name: str, *columns: str, unique: bool = False) -> Index:
    """Make an index that holds only the rows of a condition."""
    return Index(name, *columns, unique=unique, sqlite_where=text(condition), postgresql_where=text(condition))


def is_unfinished(table: FromClause) -> ColumnElement[bool]:
    """Say of changes, in the very words of the index, that they have not ended.

    A query says so besides the states that it asks for: SQLite does not infer one from the other, nor from parameters.
    """
    return table.c.state.in_(bindparam(None, UNFINISHED, expanding=True, literal_execute=True))


def is_the_word(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """Say of a column that it holds a word of ours, which stands in the statement itself.

    As a parameter that decides about an index of some rows, it lets SQLite plan the statement anew each time it is run,
    which costs more than the run.
    """
    return column == bindparam(None, word, unique=True, literal_execute=True)


def is_in_state(table: FromClause, state: str) -> ColumnElement[bool]:
    """Say of changes that they are in a state."""
    return is_the_word(table.c.state, state)


changes = Table(
    "changes",
    metadata,
    numbered_id(),
    Column("team_id", Text, nullable=False),
    Column("account_sid", Text, nullable=False),
    Column("workspace_id", LongInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("requester_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("before", CanonicalJson, nullable=False),
    Column("before_at", UtcDateTime, nullable=False),
    Column("patch", CanonicalJson, nullable=False),
    Column("touched", Integer, nullable=False),
    Column("agent_names", CanonicalJson, nullable=False),
    Column("is_outbound_version_newest", Boolean, nullable=False),
    Column("policy", CanonicalJson, nullable=False),
    Column("quorum", Integer, nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("submission_key", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("parent_id", LongInteger, ForeignKey("changes.id")),
    Column("origin", Text),
    # The first of the changes that were asked together; the triggers hold it.
    Column("bundle_id", LongInteger),
    Column("revision", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_at", UtcDateTime),
    Column("decided_by", Text),
    Column("decision_reason", Text),
    Column("approved_at", UtcDateTime),
    Column("apply_before", UtcDateTime),
    Column("approval_order", LongInteger),
    Column("not_before", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("lease_id", Text),
    Column("leased_until", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("looked", CanonicalJson),
    # Named as a person's follow-up was called when the columns were made.
    Column("errand", Text, key="follow_up"),
    Column("errand_by", Text, key="follow_up_by"),
    Column("finished_at", UtcDateTime),
    Column("result", CanonicalJson),
    Column("result_at", UtcDateTime),
    Column("problem", Text),
    # Written by nobody any more; the release before this one reads it.
    Column("details", CanonicalJson, nullable=False, default=dict),
    Column("wait_cause", Text),
    Column("waiting_since", UtcDateTime),
    Column("overridden_at", UtcDateTime),
    Column("starts_at", UtcDateTime),
    Column("put_back_at", UtcDateTime),
    Column("opens_at", UtcDateTime),
    # Deferred: a change is saved first and its event appended last, and at commit both are there or neither is.
    ForeignKeyConstraint(
        ["id", "version"],
        ["audit_events.change_id", "audit_events.change_version"],
        deferrable=True,
        initially="DEFERRED",
    ),
    UniqueConstraint("team_id", "submission_key"),
    # One change a place in the order of approval. On PostgreSQL it is an index of some rows, which is no key: while a
    # step sets a column of a key, be it to the same, nobody can refer to the row.
    UniqueConstraint("account_sid", "workspace_id", "number", "approval_order").ddl_if(dialect="sqlite"),
    _only(
        "approval_order IS NOT NULL",
        "uq_changes_approval_order",
        "account_sid",
        "workspace_id",
        "number",
        "approval_order",
        unique=True,
    ).ddl_if(dialect="postgresql"),
    CheckConstraint("id > 0", "id"),
    CheckConstraint("touched > 0", "touched"),
    CheckConstraint("quorum >= 1", "quorum"),
    CheckConstraint("revision >= 1 AND version >= 1 AND attempts >= 0", "counts"),
    CheckConstraint(f"state IN ({STATES})", "state"),
    CheckConstraint("state <> 'pending' OR approval_order IS NULL", "pending"),
    CheckConstraint(
        f"state NOT IN ({DECIDED_FOR}) OR "
        "(approval_order IS NOT NULL AND approved_at IS NOT NULL AND apply_before IS NOT NULL)",
        "approved",
    ),
    CheckConstraint("state <> 'applying' OR leased_until IS NOT NULL", "applying"),
    CheckConstraint(f"state NOT IN ({FINAL}) OR finished_at IS NOT NULL", "final"),
    CheckConstraint("errand IS NULL OR (state = 'unclear' AND errand IN ('try_again','resolve'))", "errand"),
    Index(None, "team_id", "id"),
    Index(None, "account_sid", "workspace_id", "number", "id"),
    Index(None, "number", "id"),
    _only("bundle_id IS NOT NULL", "ix_changes_bundle", "bundle_id", "id"),
    _only("bundle_id IS NOT NULL", "uq_changes_bundle_number", "bundle_id", "number", unique=True),
    # A look reads what is due, or what has not ended, and never the history. The state comes first though it is one:
    # without statistics, as it runs here, SQLite takes the index of which it knows the most columns.
    _only("state = 'pending'", "ix_changes_pending", "state", "expires_at", "id"),
    _only("state = 'approved'", "ix_changes_approved", "state", "apply_before", "id"),
    _only("state = 'approved'", "ix_changes_due", "state", "account_sid", "workspace_id", "due_at", "id"),
    _only(_IS_UNFINISHED, "ix_changes_number_unfinished", "number", "account_sid", "workspace_id", "state", "id"),
    _only(_IS_UNFINISHED, "ix_changes_team_unfinished", "team_id", "state", "id"),
    Index("ix_changes_unfinished", "state", "id", postgresql_where=text(f"state NOT IN ({FINAL})")),
    _only("origin = 'put_back'", "uq_changes_put_back", "parent_id", unique=True),
    # G4's backstop: whatever the workers do, one change of a number is being applied at a time.
    _only("state = 'applying'", "uq_changes_applying", "account_sid", "workspace_id", "number", unique=True),
    sqlite_autoincrement=True,
)

reviews = Table(
    "reviews",
    metadata,
    numbered_id(),
    Column("change_id", LongInteger, ForeignKey("changes.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("reviewer_id", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Text),
    Column("at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    CheckConstraint("verdict IN ('approve','deny')", "verdict"),
    Index(None, "change_id", "id"),
    _only("withdrawn_at IS NULL", "uq_reviews_live", "change_id", "revision", "reviewer_id", unique=True),
    sqlite_autoincrement=True,
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("id", LongInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("team_id", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("change_id", LongInteger),
    Column("change_version", Integer),
    Column("before", CanonicalJson),
    Column("after", CanonicalJson),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    UniqueConstraint("change_id", "change_version"),
    UniqueConstraint("previous_hash"),
    UniqueConstraint("hash"),
    CheckConstraint("length(hash) = 64 AND length(previous_hash) = 64", "hash"),
    CheckConstraint("change_version IS NULL OR change_id IS NOT NULL", "change_version"),
    Index(None, "actor_id", "id"),
    Index(None, "at"),
    # What happened to a number outside of any change is found by it, without a look at the rest of the record.
    _only("event IN ('number.changed_outside','number.kept')", "ix_audit_events_of_numbers", "event", "id"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("event_id", LongInteger, nullable=False),
    Column("hash", Text, nullable=False),
    CheckConstraint("id = 1", "id"),
)

outbox = Table(
    "outbox",
    metadata,
    numbered_id(),
    Column("team_id", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("change_id", LongInteger, ForeignKey("changes.id")),
    Column("fact", Text, nullable=False),
    Column("payload", CanonicalJson, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("attempted_at", UtcDateTime),
    Column("lease_id", Text),
    Column("leased_until", UtcDateTime),
    Column("done_at", UtcDateTime),
    Column("posted_channel", Text),
    Column("posted_ts", Text),
    Column("problem", Text),
    Column("is_parked", Boolean, nullable=False),
    Column("attempted_channel", Text),
    Column("attempted_thread", Text),
    UniqueConstraint("fact"),
    CheckConstraint("lease_id IS NULL OR leased_until IS NOT NULL", "lease"),
    _only("done_at IS NULL", "ix_outbox_undone", "lane", "id"),
    # What was delivered long ago is found by it, without a look at what is kept.
    _only("done_at IS NOT NULL", "ix_outbox_done", "done_at", "id"),
    _only("done_at IS NULL", "ix_outbox_due", "due_at", "id"),
    Index(None, "change_id"),
    sqlite_autoincrement=True,
)

cards = Table(
    "cards",
    metadata,
    Column("change_id", LongInteger, ForeignKey("changes.id"), primary_key=True, autoincrement=False),
    Column("channel_id", Text, nullable=False),
    Column("message_ts", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("shown_version", Integer, nullable=False),
    Column("attempted_at", UtcDateTime),
    Column("problem", Text),
    Column("problem_at", UtcDateTime),
)

pauses = Table(
    "pauses",
    metadata,
    Column("team_id", Text, primary_key=True),
    Column("paused_by", Text, nullable=False),
    Column("paused_at", UtcDateTime, nullable=False),
    # Empty where the release before these columns paused.
    Column("reason", Text),
    Column("channel_id", Text),
)

token_refusals = Table(
    "token_refusals",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("workspace_id", LongInteger, primary_key=True, autoincrement=False),
    Column("call", Text, primary_key=True),
    Column("outage_id", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
)

rate_limits = Table(
    "rate_limits",
    metadata,
    Column("method", Text, primary_key=True),
    Column("channel_id", Text, primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)
