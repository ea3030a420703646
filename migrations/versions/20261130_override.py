"""Overrides: rows that let a change pass without its approvals, where its own policy names who may override.

An override row says who, why, when and for which revision, and cannot be altered; only that it was reviewed afterwards
is added, once, by neither the requester nor whoever overrode. `changes.overridden_at` repeats when it was, so that
whoever reads a change knows; it is set with the step to `approved` alone, and with the row alone. The former release
goes on serving: it leaves the column empty, and sends nothing that was overridden.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_override"
down_revision = "20261126_rules"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

DIFFERS = {"postgresql": "IS DISTINCT FROM", "sqlite": "IS NOT"}
# Each rule of a policy names somebody who may override, and there is a rule; @policy@ is the copied policy.
NAMES_OVERRIDE = {
    "sqlite": (
        "coalesce(json_array_length(@policy@, '$.rules'), 0) > 0 AND NOT EXISTS ("
        "SELECT 1 FROM json_each(@policy@, '$.rules') AS rule "
        "WHERE coalesce(json_array_length(rule.value, '$.override.people'), 0) "
        "+ coalesce(json_array_length(rule.value, '$.override.groups'), 0) "
        "+ coalesce(json_array_length(rule.value, '$.override.channels'), 0) = 0)"
    ),
    "postgresql": (
        "coalesce(json_array_length(@policy@::json -> 'rules'), 0) > 0 AND NOT EXISTS ("
        "SELECT 1 FROM json_array_elements(@policy@::json -> 'rules') AS rule "
        "WHERE coalesce(json_array_length(rule.value #> '{override,people}'), 0) "
        "+ coalesce(json_array_length(rule.value #> '{override,groups}'), 0) "
        "+ coalesce(json_array_length(rule.value #> '{override,channels}'), 0) = 0)"
    ),
}
# G1: the ground on which a change goes without its approvals. It stands in front of what each step asks for, so that
# the grounds of other revisions can stand beside it.
OF_REVISION = "SELECT 1 FROM overrides AS ground WHERE ground.change_id = OLD.id AND ground.revision = OLD.revision"
STEP = "NEW.state IN ('approved', 'applying') AND NEW.state <> OLD.state AND"
# In which trigger, and how often, a step asks for approvals or for no denial. SQLite asks the newest trigger first.
ASKING = (("changes_update_rules", 1), ("changes_update", 2))

REFUSALS = {
    ("overrides", "insert"): [
        (
            "EXISTS (SELECT 1 FROM overrides WHERE change_id = NEW.change_id AND revision = NEW.revision)",
            "This override is recorded already, and cannot be replaced.",
        ),
        (
            "NOT EXISTS (SELECT 1 FROM changes WHERE id = NEW.change_id AND revision = NEW.revision)",
            "There is no such change, or no such revision of it.",
        ),
        (
            "EXISTS (SELECT 1 FROM changes WHERE id = NEW.change_id AND state <> 'pending')",
            "This change is no longer pending.",
        ),
        (
            "NOT EXISTS (SELECT 1 FROM changes AS changed WHERE changed.id = NEW.change_id AND @names_override@)",
            "The policy of this change names nobody who may override it.",
        ),
        ("NEW.reviewed_at IS NOT NULL", "An override starts out as not reviewed."),
    ],
    ("overrides", "update"): [
        (
            (
                "(NEW.change_id, NEW.revision, NEW.overridden_by, NEW.reason, NEW.at) @differs@ "
                "(OLD.change_id, OLD.revision, OLD.overridden_by, OLD.reason, OLD.at) "
                "OR OLD.reviewed_at IS NOT NULL OR NEW.remind_at < OLD.remind_at"
            ),
            "An override cannot be altered, only be reviewed, once.",
        ),
        (
            "EXISTS (SELECT 1 FROM changes WHERE id = OLD.change_id AND requester_id = NEW.reviewed_by)",
            "The requester of a change cannot review its override.",
        ),
    ],
    ("overrides", "delete"): [("TRUE", "An override cannot be deleted.")],
    ("changes", "insert"): [("NEW.overridden_at IS NOT NULL", "A change starts out as not overridden.")],
    ("changes", "update"): [
        (
            (
                "NEW.overridden_at @differs@ OLD.overridden_at AND (OLD.state <> 'pending' "
                f"OR NEW.state <> 'approved' OR NOT EXISTS ({OF_REVISION} AND ground.at = NEW.overridden_at))"
            ),
            "A change is overridden with its override alone.",
        )
    ],
}
WHEN = {
    ("changes", "insert"): "WHEN (NEW.overridden_at IS NOT NULL)",
    ("changes", "update"): "WHEN (NEW.overridden_at @differs@ OLD.overridden_at)",
}


def upgrade() -> None:
    op.add_column("changes", sa.Column("overridden_at", TIME))
    op.create_table(
        "overrides",
        sa.Column("change_id", LONG, autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("overridden_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("remind_at", TIME, nullable=False),
        sa.Column("reviewed_by", sa.Text()),
        sa.Column("reviewed_at", TIME),
        sa.PrimaryKeyConstraint("change_id", "revision", name="pk_overrides"),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name="fk_overrides_change_id_changes"),
        sa.CheckConstraint("length(trim(reason)) > 0", name="reason"),
        sa.CheckConstraint("(reviewed_by IS NULL) = (reviewed_at IS NULL)", name="reviewed"),
        sa.CheckConstraint("reviewed_by <> overridden_by", name="reviewer"),
    )
    op.create_index(
        "ix_overrides_unreviewed",
        "overrides",
        ["remind_at"],
        sqlite_where=sa.text("reviewed_at IS NULL"),
        postgresql_where=sa.text("reviewed_at IS NULL"),
    )
    bind = op.get_bind()
    for (table, event), refusals in REFUSALS.items():
        for statement in _trigger(table, event, refusals):
            bind.exec_driver_sql(statement)
    if bind.dialect.name == "postgresql":
        bind.exec_driver_sql(
            "CREATE TRIGGER overrides_truncate BEFORE TRUNCATE ON overrides "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_always('An override cannot be deleted.')"
        )
    for name, times in ASKING:
        _edit_trigger(name, STEP, f"{STEP} NOT ({_ground()}) AND", times)


def downgrade() -> None:
    bind = op.get_bind()
    for name, times in ASKING:
        _edit_trigger(name, f"{STEP} NOT ({_ground()}) AND", STEP, times)
    names = [_name(table, event) for table, event in REFUSALS if table == "changes"]
    for name in names:
        bind.exec_driver_sql(f"DROP TRIGGER {name}" + ("" if bind.dialect.name == "sqlite" else " ON changes"))
    op.drop_table("overrides")
    if bind.dialect.name == "postgresql":
        for key in REFUSALS:
            bind.exec_driver_sql(f"DROP FUNCTION {_name(*key)}()")
    op.drop_column("changes", "overridden_at")


def _name(table: str, event: str) -> str:
    return f"{table}_{event}_override" if table == "changes" else f"{table}_{event}"


def _ground() -> str:
    names = NAMES_OVERRIDE[op.get_bind().dialect.name].replace("@policy@", "OLD.policy")
    return f"EXISTS ({OF_REVISION}) AND {names}"


def _trigger(table: str, event: str, refusals: list[tuple[str, str]]) -> list[str]:
    dialect, name = op.get_bind().dialect.name, _name(table, event)
    said = [(_written(condition), sentence) for condition, sentence in refusals]
    when = _written(WHEN.get((table, event), ""))
    if dialect == "sqlite":
        body = " ".join(f"SELECT RAISE(ABORT, '{sentence}') WHERE {condition};" for condition, sentence in said)
        return [f"CREATE TRIGGER {name} BEFORE {event.upper()} ON {table} {when} BEGIN {body} END"]
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    # The change's row first: no review, edit or override slips between the look and the row.
    row = {"insert": "NEW", "update": "OLD"}.get(event) if table == "overrides" else None
    lock = f"PERFORM 1 FROM changes WHERE id = {row}.change_id FOR UPDATE;" if row else ""
    body = " ".join(
        f"IF {condition} THEN RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', "
        f"MESSAGE = '{sentence}'; END IF;"
        for condition, sentence in said
    )
    head = f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$"
    return [
        f"{head} BEGIN {lock} {body} RETURN NEW; END $$",
        f"CREATE TRIGGER {name} BEFORE {event.upper()} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION {name}()",
    ]


def _written(condition: str) -> str:
    dialect = op.get_bind().dialect.name
    names = NAMES_OVERRIDE[dialect].replace("@policy@", "changed.policy")
    return condition.replace("@names_override@", names).replace("@differs@", DIFFERS[dialect])


def _edit_trigger(name: str, former: str, present: str, times: int) -> None:
    """Change what differs where the trigger stands: what other revisions did to it stays."""
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        source = bind.scalar(sa.text(f"SELECT pg_get_functiondef('{name}()'::regprocedure)"))
    else:
        query = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
        source = bind.scalar(query, {"name": name})
        bind.exec_driver_sql(f"DROP TRIGGER {name}")
    if source.count(former) != times:
        raise ValueError(f"The trigger {name} does not say {former!r} {times} time(s).")
    bind.exec_driver_sql(source.replace(former, present))
