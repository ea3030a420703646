"""The rules that hold for a change, and which of them a review counts for: rows, so that the database itself can count.

The rows of a change come from the policy that was copied onto it, by a trigger, and can be neither left out nor
altered. A review counts by itself for the rules that any full member may approve by; for others its rows are written
with it. A change that the former release stores has no such rows, and goes on by its quorum alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_rules"
down_revision = "20261125_number_index"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

DIFFERS = {"postgresql": "IS DISTINCT FROM", "sqlite": "IS NOT"}
# What stands behind the comparison of what was asked in changes_update, and what follows it from now on.
ASKED_END = {"postgresql": "OLD.revision\n        ) THEN", "sqlite": "OLD.revision\n    );"}
EDITED_END = {
    "postgresql": "OLD.revision\n        ) AND NOT ({edit}) THEN",
    "sqlite": "OLD.revision\n    ) AND NOT ({edit});",
}
# A new revision of an undecided change: the same number, asked by the same person from the same form.
EDIT = (
    "OLD.state = 'pending' AND NEW.state = 'pending' "
    "AND NEW.revision = OLD.revision + 1 AND NEW.version = OLD.version + 1 AND NOT "
    "(NEW.id, NEW.team_id, NEW.account_sid, NEW.workspace_id, NEW.number, NEW.requester_id, NEW.submission_key, "
    "NEW.created_at, NEW.parent_id) {differs} "
    "(OLD.id, OLD.team_id, OLD.account_sid, OLD.workspace_id, OLD.number, OLD.requester_id, OLD.submission_key, "
    "OLD.created_at, OLD.parent_id)"
)

RULES = {
    "sqlite": (
        "SELECT NEW.id, NEW.revision, json_extract(rule.value, '$.name'), json_extract(rule.value, '$.quorum'), "
        "json_extract(rule.value, '$.denial'), json_extract(rule.value, '$.approvers') IS NULL "
        "FROM json_each(NEW.policy, '$.rules') AS rule"
    ),
    "postgresql": (
        "SELECT NEW.id, NEW.revision, rule.value ->> 'name', (rule.value ->> 'quorum')::integer, "
        "rule.value ->> 'denial', (rule.value ->> 'approvers') IS NULL "
        "FROM json_array_elements(NEW.policy::json -> 'rules') AS rule"
    ),
}
ADD_RULES = "INSERT INTO change_rules (change_id, revision, name, quorum, denial, is_for_all) {rules};"
COUNT_FOR_ALL = (
    "INSERT INTO review_rules (review_id, name) SELECT NEW.id, name FROM change_rules "
    "WHERE change_id = NEW.change_id AND revision = NEW.revision AND is_for_all;"
)
# G1: what the step to `approved` and the step to `applying` need of each rule. A change that may go without approvals
# of its own by another ground (an override, a change that puts back what was approved) is to be excepted here.
STEP = "NEW.state IN ('approved', 'applying') AND NEW.state <> OLD.state"
IS_MISSING = """EXISTS (
        SELECT 1 FROM change_rules AS rule
        WHERE rule.change_id = OLD.id AND rule.revision = OLD.revision AND (
            SELECT count(DISTINCT review.reviewer_id)
            FROM reviews AS review JOIN review_rules AS counts ON counts.review_id = review.id
            WHERE review.change_id = OLD.id AND review.revision = OLD.revision AND review.verdict = 'approve'
                AND review.withdrawn_at IS NULL AND review.reviewer_id <> OLD.requester_id
                AND counts.name = rule.name AND counts.lost_at IS NULL
        ) < rule.quorum
    )"""
# What a row may not do, by table and event: the condition, and the sentence.
REFUSALS = {
    ("change_rules", "insert"): [
        (
            (
                "EXISTS (SELECT 1 FROM change_rules WHERE change_id = NEW.change_id AND revision = NEW.revision "
                "AND name = NEW.name)"
            ),
            "This rule is recorded already, and cannot be replaced.",
        ),
        (
            "NOT EXISTS (SELECT 1 FROM changes WHERE id = NEW.change_id AND revision = NEW.revision)",
            "There is no such change, or no such revision of it.",
        ),
    ],
    ("review_rules", "insert"): [
        (
            "EXISTS (SELECT 1 FROM review_rules WHERE review_id = NEW.review_id AND name = NEW.name)",
            "That this review counts is recorded already, and cannot be replaced.",
        ),
        ("NEW.lost_at IS NOT NULL", "A review starts out as one that counts."),
        (
            (
                "NOT EXISTS (SELECT 1 FROM reviews AS review JOIN change_rules AS rule "
                "ON rule.change_id = review.change_id AND rule.revision = review.revision "
                "WHERE review.id = NEW.review_id AND rule.name = NEW.name)"
            ),
            "There is no such review, or no such rule of its revision.",
        ),
        (
            (
                "NOT EXISTS (SELECT 1 FROM changes JOIN reviews AS review ON review.change_id = changes.id "
                "AND review.revision = changes.revision WHERE review.id = NEW.review_id AND changes.state = 'pending')"
            ),
            "This change is no longer pending.",
        ),
    ],
    ("review_rules", "update"): [
        (
            (
                "OLD.lost_at IS NOT NULL OR NEW.lost_at IS NULL "
                "OR (NEW.review_id, NEW.name) {differs} (OLD.review_id, OLD.name)"
            ),
            "What a review counts for cannot be altered, only be lost, once.",
        ),
    ],
    ("change_rules", "update"): [("TRUE", "The rules of a change cannot be altered.")],
    ("change_rules", "delete"): [("TRUE", "The rules of a change cannot be deleted.")],
    ("review_rules", "delete"): [("TRUE", "What a review counts for cannot be deleted.")],
    ("changes", "rules"): [(f"{STEP} AND {IS_MISSING}", "A rule of this change lacks the approvals that it asks for.")],
}
LOCK = "PERFORM 1 FROM changes JOIN reviews AS review ON review.change_id = changes.id {where} FOR UPDATE OF changes;"


def upgrade() -> None:
    op.create_table(
        "change_rules",
        sa.Column("change_id", LONG, autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("denial", sa.Text(), nullable=False),
        sa.Column("is_for_all", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", "revision", "name", name="pk_change_rules"),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name="fk_change_rules_change_id_changes"),
        sa.CheckConstraint("quorum >= 1", name="quorum"),
        sa.CheckConstraint("denial IN ('ends','blocks')", name="denial"),
    )
    op.create_table(
        "review_rules",
        sa.Column("review_id", LONG, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lost_at", TIME),
        sa.PrimaryKeyConstraint("review_id", "name", name="pk_review_rules"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_review_rules_review_id_reviews"),
    )
    dialect = op.get_bind().dialect.name
    for statement in (_sqlite if dialect == "sqlite" else _postgresql)():
        op.get_bind().exec_driver_sql(statement)
    _edit_trigger(*_wordings(dialect))


def downgrade() -> None:
    bind = op.get_bind()
    former, present = _wordings(bind.dialect.name)
    _edit_trigger(present, former)
    triggers = [("changes", name) for name in ("change_rules_asked", "change_rules_edited", "changes_update_rules")]
    triggers.append(("reviews", "review_rules_counted"))
    for table, name in triggers:
        bind.exec_driver_sql(f"DROP TRIGGER {name}" + ("" if bind.dialect.name == "sqlite" else f" ON {table}"))
    op.drop_table("review_rules")
    op.drop_table("change_rules")
    if bind.dialect.name == "postgresql":
        functions = ["change_rules_follow", "review_rules_follow", *(_name(*key) for key in REFUSALS)]
        for name in functions:
            bind.exec_driver_sql(f"DROP FUNCTION {name}()")


def _name(table: str, event: str) -> str:
    return f"{table}_update_rules" if event == "rules" else f"{table}_{event}"


def _sqlite() -> list[str]:
    add = ADD_RULES.format(rules=RULES["sqlite"])
    made = [
        f"CREATE TRIGGER change_rules_asked AFTER INSERT ON changes BEGIN {add} END",
        f"CREATE TRIGGER change_rules_edited AFTER UPDATE ON changes WHEN NEW.revision <> OLD.revision BEGIN {add} END",
        f"CREATE TRIGGER review_rules_counted AFTER INSERT ON reviews BEGIN {COUNT_FOR_ALL} END",
    ]
    for (table, event), refusals in REFUSALS.items():
        body = " ".join(
            f"SELECT RAISE(ABORT, '{sentence}') WHERE {condition.format(differs=DIFFERS['sqlite'])};"
            for condition, sentence in refusals
        )
        when = "UPDATE" if event == "rules" else event.upper()
        made.append(f"CREATE TRIGGER {_name(table, event)} BEFORE {when} ON {table} BEGIN {body} END")
    return made


def _postgresql() -> list[str]:
    head = "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$"
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    add = ADD_RULES.format(rules=RULES["postgresql"])
    rules_head = head.format(name="change_rules_follow", schema=schema)
    reviews_head = head.format(name="review_rules_follow", schema=schema)
    run = "FOR EACH ROW {when} EXECUTE FUNCTION {name}()"
    asked = run.format(when="", name="change_rules_follow")
    edited = run.format(when="WHEN (NEW.revision <> OLD.revision)", name="change_rules_follow")
    made = [
        f"{rules_head} BEGIN {add} RETURN NULL; END $$",
        f"CREATE TRIGGER change_rules_asked AFTER INSERT ON changes {asked}",
        f"CREATE TRIGGER change_rules_edited AFTER UPDATE ON changes {edited}",
        f"{reviews_head} BEGIN {COUNT_FOR_ALL} RETURN NULL; END $$",
        "CREATE TRIGGER review_rules_counted AFTER INSERT ON reviews "
        + run.format(when="", name="review_rules_follow"),
    ]
    for (table, event), refusals in REFUSALS.items():
        name = _name(table, event)
        # The change's row first, as with a review: no right is lost between the count and the step.
        row = {"insert": "NEW", "update": "OLD"}.get(event) if table == "review_rules" else None
        lock = LOCK.format(where=f"WHERE review.id = {row}.review_id") if row else ""
        body = " ".join(
            f"IF {condition.format(differs=DIFFERS['postgresql'])} THEN RAISE EXCEPTION USING "
            f"ERRCODE = 'integrity_constraint_violation', MESSAGE = '{sentence}'; END IF;"
            for condition, sentence in refusals
        )
        when = f"WHEN ({STEP})" if event == "rules" else ""
        made.append(f"{head.format(name=name, schema=schema)} BEGIN {lock} {body} RETURN NEW; END $$")
        made.append(
            f"CREATE TRIGGER {name} BEFORE {'UPDATE' if event == 'rules' else event.upper()} ON {table} "
            + run.format(when=when, name=name)
        )
    made += [
        f"CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_always('{REFUSALS[table, 'delete'][0][1]}')"
        for table in ("change_rules", "review_rules")
    ]
    return made


def _wordings(dialect: str) -> tuple[str, str]:
    edit = EDIT.format(differs=DIFFERS[dialect])
    return ASKED_END[dialect], EDITED_END[dialect].format(edit=edit)


def _edit_trigger(former: str, present: str) -> None:
    """Change what differs where the trigger stands: what other revisions did to it stays."""
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        source = bind.scalar(sa.text("SELECT pg_get_functiondef('changes_update()'::regprocedure)"))
    else:
        source = bind.scalar(
            sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = 'changes_update'")
        )
        bind.exec_driver_sql("DROP TRIGGER changes_update")
    if source.count(former) != 1:
        raise ValueError(f"The trigger changes_update does not say {former!r} once.")
    bind.exec_driver_sql(source.replace(former, present))
