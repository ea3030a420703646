"""Bundles: changes of several numbers that were asked together; each carries the id of the first one.

The first one carries its own. The former release goes on serving: what it stores belongs to no bundle, and what it
finds in one it treats as changes by themselves.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_bundles"
down_revision = "20261130_outside"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DIFFERS = {"postgresql": "IS DISTINCT FROM", "sqlite": "IS NOT"}
BUNDLED = sa.text("bundle_id IS NOT NULL")
# What a row may not do, by event: when it is looked at, the condition, and the sentence.
REFUSALS = {
    "insert": (
        "NEW.bundle_id IS NOT NULL",
        [
            (
                (
                    "NOT EXISTS (SELECT 1 FROM changes AS lead WHERE lead.id = NEW.bundle_id "
                    "AND lead.bundle_id = lead.id AND lead.team_id = NEW.team_id "
                    "AND lead.account_sid = NEW.account_sid AND lead.workspace_id = NEW.workspace_id "
                    "AND lead.requester_id = NEW.requester_id "
                    "AND lead.version = 1 AND lead.state = 'pending' AND NEW.state = 'pending')"
                ),
                "A change joins a bundle of its own requester, team and account alone, as it is asked.",
            ),
            (
                "(SELECT count(*) FROM changes WHERE bundle_id = NEW.bundle_id) >= 50",
                "A bundle has no more than 50 changes.",
            ),
        ],
    ),
    "update": (
        "NEW.bundle_id {differs} OLD.bundle_id",
        [
            (
                "OLD.bundle_id IS NOT NULL OR NEW.bundle_id <> OLD.id OR OLD.version > 1 OR NEW.version > 1",
                "A change cannot leave its bundle, nor join one later.",
            ),
        ],
    ),
}


def upgrade() -> None:
    op.add_column("changes", sa.Column("bundle_id", LONG))
    op.create_index("ix_changes_bundle", "changes", ["bundle_id", "id"], sqlite_where=BUNDLED, postgresql_where=BUNDLED)
    op.create_index(
        "uq_changes_bundle_number",
        "changes",
        ["bundle_id", "number"],
        unique=True,
        sqlite_where=BUNDLED,
        postgresql_where=BUNDLED,
    )
    bind = op.get_bind()
    for event, (when, refusals) in REFUSALS.items():
        for statement in _trigger(bind.dialect.name, event, when, refusals):
            bind.exec_driver_sql(statement)


def downgrade() -> None:
    bind = op.get_bind()
    for event in REFUSALS:
        bind.exec_driver_sql(
            f"DROP TRIGGER changes_{event}_bundle" + ("" if bind.dialect.name == "sqlite" else " ON changes")
        )
        if bind.dialect.name == "postgresql":
            bind.exec_driver_sql(f"DROP FUNCTION changes_{event}_bundle()")
    op.drop_index("uq_changes_bundle_number", "changes")
    op.drop_index("ix_changes_bundle", "changes")
    op.drop_column("changes", "bundle_id")


def _trigger(dialect: str, event: str, when: str, refusals: list[tuple[str, str]]) -> list[str]:
    name, when = f"changes_{event}_bundle", when.format(differs=DIFFERS[dialect])
    if dialect == "sqlite":
        body = " ".join(f"SELECT RAISE(ABORT, '{sentence}') WHERE {condition};" for condition, sentence in refusals)
        return [f"CREATE TRIGGER {name} BEFORE {event.upper()} ON changes WHEN {when} BEGIN {body} END"]
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    body = " ".join(
        f"IF {condition} THEN RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', "
        f"MESSAGE = '{sentence}'; END IF;"
        for condition, sentence in refusals
    )
    function = (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$ "
        f"BEGIN {body} RETURN NEW; END $$"
    )
    run = f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION {name}()"
    return [function, f"CREATE TRIGGER {name} BEFORE {event.upper()} ON changes {run}"]
