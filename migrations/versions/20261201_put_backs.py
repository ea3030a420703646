"""The put-backs of changes that were asked together are one bundle too, which each joins when its parent is applied.

A put-back joins only the bundle whose first one puts back a change of the same parents' bundle, and of those there is
one. The former release goes on serving: it stores put-backs that belong to no bundle, and they stay by themselves.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261201_put_backs"
down_revision = "20261130_approval_order"

# Who joins as it is asked: from now on a put-back neither that way nor what leads so.
ASKED = "AND lead.version = 1 AND lead.state = 'pending' AND NEW.state = 'pending')"
ASKED_OR_PUT_BACK = (
    "AND NEW.state = 'pending' AND CASE WHEN NEW.origin = 'put_back' THEN lead.origin = 'put_back' AND EXISTS "
    "(SELECT 1 FROM changes AS mine JOIN changes AS theirs ON theirs.bundle_id = mine.bundle_id "
    "WHERE mine.id = NEW.parent_id AND theirs.id = lead.parent_id) "
    "ELSE lead.version = 1 AND lead.state = 'pending' AND COALESCE(lead.origin, '') <> 'put_back' END)"
)
REFUSALS = (
    (
        (
            "NEW.origin = 'put_back' AND NOT EXISTS "
            "(SELECT 1 FROM changes WHERE id = NEW.parent_id AND bundle_id IS NOT NULL)"
        ),
        "A put-back is bundled only where its change was asked together with others.",
    ),
    (
        (
            "NEW.origin = 'put_back' AND EXISTS (SELECT 1 FROM changes AS mine "
            "JOIN changes AS theirs ON theirs.bundle_id = mine.bundle_id "
            "JOIN changes AS other ON other.parent_id = theirs.id AND other.origin = 'put_back' "
            "WHERE mine.id = NEW.parent_id AND other.bundle_id IS NOT NULL AND other.id <> NEW.id)"
        ),
        "What was asked together has one bundle of put-backs.",
    ),
)
FORM = {
    "sqlite": "SELECT RAISE(ABORT, '{1}') WHERE {0};",
    "postgresql": (
        "IF {0} THEN RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = '{1}'; END IF;"
    ),
}
# Two that begin one at the same moment: the second sees the first. Of no bundle nothing is taken.
TURN = (
    "IF NEW.origin = 'put_back' THEN PERFORM pg_advisory_xact_lock(hashtextextended('put-backs of ' || "
    "(SELECT bundle_id FROM changes WHERE id = NEW.parent_id), 0)); END IF;"
)


def upgrade() -> None:
    for name, former, present in _wordings():
        _edit(name, former, present)


def downgrade() -> None:
    for name, former, present in reversed(_wordings()):
        _edit(name, present, former)


def _wordings() -> list[tuple[str, str, str]]:
    """Return for each trigger the former wording and the new one."""
    dialect = op.get_bind().dialect.name
    refusals = " ".join(FORM[dialect].format(condition, said) for condition, said in REFUSALS)
    turn = f"{TURN} " if dialect == "postgresql" else ""
    return [
        ("changes_insert_bundle", ASKED, ASKED_OR_PUT_BACK),
        ("changes_update_bundle", "BEGIN", f"BEGIN {turn}{refusals}"),
    ]


def _edit(name: str, former: str, present: str) -> None:
    """Change what differs where the trigger stands: what other revisions did to it stays."""
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        source = bind.scalar(sa.text(f"SELECT pg_get_functiondef('{name}()'::regprocedure)"))
    else:
        query = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
        source = bind.scalar(query, {"name": name})
        bind.exec_driver_sql(f"DROP TRIGGER {name}")
    if source.count(former) != 1:
        raise ValueError(f"The trigger {name} does not say {former!r} once.")
    bind.exec_driver_sql(source.replace(former, present))
