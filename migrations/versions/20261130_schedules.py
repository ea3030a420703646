"""When a change is to be sent and put back, and the change that puts it back.

A put-back needs no approval of its own: the one of its parent covers it, as long as it is what the parent's reviewers
were promised. A change that promised one ends as applied only together with it, so that the former release, which
knows of no put-backs, leaves the end of such a change to this one.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_schedules"
down_revision = "20261130_override"

TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
COLUMNS = ("starts_at", "put_back_at", "opens_at")
ONE_PUT_BACK = "uq_changes_put_back"

DIFFERS = {"postgresql": "IS DISTINCT FROM", "sqlite": "IS NOT"}
THEN = {"postgresql": " THEN", "sqlite": ";"}
ASKED = "{row}.due_at, {row}.parent_id"
ASKED_AND_SCHEDULE = "{row}.due_at, {row}.starts_at, {row}.put_back_at, {row}.parent_id"
EDIT = "AND NOT (OLD.state = 'pending' AND NEW.state = 'pending' "
# A person may have an approved put-back sent earlier; else it stays what it is.
HURRY = (
    "COALESCE(OLD.origin = 'put_back', FALSE) AND OLD.state = 'approved' AND NEW.state = 'approved' "
    "AND NEW.due_at < OLD.due_at AND NEW.version = OLD.version + 1 AND NEW.revision = OLD.revision AND NOT "
    "(NEW.id, NEW.team_id, NEW.account_sid, NEW.workspace_id, NEW.number, NEW.requester_id, NEW.reason, NEW.before, "
    "NEW.before_at, NEW.patch, NEW.touched, NEW.agent_names, NEW.is_outbound_version_newest, NEW.policy, NEW.quorum, "
    "NEW.submission_key, NEW.created_at, NEW.expires_at, NEW.starts_at, NEW.put_back_at, NEW.parent_id, NEW.origin) "
    "{differs} "
    "(OLD.id, OLD.team_id, OLD.account_sid, OLD.workspace_id, OLD.number, OLD.requester_id, OLD.reason, OLD.before, "
    "OLD.before_at, OLD.patch, OLD.touched, OLD.agent_names, OLD.is_outbound_version_newest, OLD.policy, OLD.quorum, "
    "OLD.submission_key, OLD.created_at, OLD.expires_at, OLD.starts_at, OLD.put_back_at, OLD.parent_id, OLD.origin)"
)
# Back to what the parent's reviewers saw before it, in exactly its fields.
OTHER_VALUE = {
    "sqlite": (
        "SELECT 1 FROM json_each(OLD.patch) AS put WHERE put.value IS NOT "
        "(SELECT was.value FROM json_each(parent.before) AS was WHERE was.key = put.key)"
    ),
    "postgresql": (
        "SELECT 1 FROM jsonb_each(OLD.patch::jsonb) AS put "
        "WHERE put.value IS DISTINCT FROM parent.before::jsonb -> put.key"
    ),
}
COVERED = (
    "COALESCE(OLD.origin = 'put_back', FALSE) AND EXISTS (SELECT 1 FROM changes AS parent "
    "WHERE parent.id = OLD.parent_id AND parent.state = 'applied' AND parent.put_back_at IS NOT NULL "
    "AND parent.team_id = OLD.team_id AND parent.account_sid = OLD.account_sid "
    "AND parent.workspace_id = OLD.workspace_id AND parent.number = OLD.number "
    "AND parent.requester_id = OLD.requester_id AND parent.policy = OLD.policy "
    "AND parent.touched = OLD.touched AND NOT EXISTS ({other}))"
)
QUORUM = ") < OLD.quorum"
RULES = "< rule.quorum\n    )"
# What stands in front of other refusals.
REFUSALS = {
    "changes_insert": [
        (
            (
                "NEW.origin = 'put_back' AND EXISTS "
                "(SELECT 1 FROM changes WHERE parent_id = NEW.parent_id AND origin = 'put_back')"
            ),
            "This change has its put-back already, and that cannot be replaced.",
        )
    ],
    "changes_update": [
        (
            "NEW.origin {differs} OLD.origin AND (NEW.origin = 'put_back' OR OLD.origin = 'put_back')",
            "A change becomes no put-back, and a put-back no other change.",
        ),
        (
            (
                "NEW.state = 'applied' AND OLD.state <> 'applied' AND OLD.put_back_at IS NOT NULL AND NOT EXISTS "
                "(SELECT 1 FROM changes WHERE parent_id = OLD.id AND origin = 'put_back')"
            ),
            "A change that is to be put back is applied together with its put-back.",
        ),
    ],
}


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("changes", sa.Column(name, TIME))
    condition = sa.text("origin = 'put_back'")
    op.create_index(
        ONE_PUT_BACK, "changes", ["parent_id"], unique=True, sqlite_where=condition, postgresql_where=condition
    )
    for name, wordings in _wordings().items():
        _edit(name, wordings)


def downgrade() -> None:
    for name, wordings in _wordings().items():
        _edit(name, [(new, old, times) for old, new, times in reversed(wordings)])
    op.drop_index(ONE_PUT_BACK, "changes")
    for name in reversed(COLUMNS):
        op.drop_column("changes", name)


def _wordings() -> dict[str, list[tuple[str, str, int]]]:
    """Return for each trigger the former wordings, the new ones, and how often they stand there."""
    dialect = op.get_bind().dialect.name
    differs = DIFFERS[dialect]
    hurry = f"AND NOT ({HURRY.format(differs=differs)}) "
    covered = f" AND NOT ({COVERED.format(other=OTHER_VALUE[dialect])})"
    asked = [(ASKED.format(row=row), ASKED_AND_SCHEDULE.format(row=row), 1) for row in ("NEW", "OLD")]
    return {
        "changes_insert": [_refusal("changes_insert")],
        # Before the other: on SQLite, whose triggers fire in the reverse order, that one's sentence is to come first.
        "changes_update_rules": [(RULES, RULES + covered, 1)],
        "changes_update": [
            *asked,
            (EDIT, hurry + EDIT, 1),
            (QUORUM + THEN[dialect], QUORUM + covered + THEN[dialect], 1),
            _refusal("changes_update"),
        ],
    }


def _refusal(name: str) -> tuple[str, str, int]:
    """Put refusals in front of the others."""
    dialect = op.get_bind().dialect.name
    form = {
        "sqlite": "SELECT RAISE(ABORT, '{1}') WHERE {0};",
        "postgresql": (
            "IF {0} THEN RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = '{1}'; END IF;"
        ),
    }[dialect]
    refusals = [form.format(condition.format(differs=DIFFERS[dialect]), said) for condition, said in REFUSALS[name]]
    return "BEGIN", " ".join(["BEGIN", *refusals]), 1


def _edit(name: str, wordings: list[tuple[str, str, int]]) -> None:
    """Change what differs where the trigger stands: what other revisions did to it stays."""
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        source = bind.scalar(sa.text(f"SELECT pg_get_functiondef('{name}()'::regprocedure)"))
    else:
        source = bind.scalar(
            sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name"), {"name": name}
        )
        bind.exec_driver_sql(f"DROP TRIGGER {name}")
    for old, new, times in wordings:
        if source.count(old) != times:
            raise ValueError(f"The trigger {name} does not say {old!r} {times} time(s).")
        source = source.replace(old, new)
    bind.exec_driver_sql(source)
