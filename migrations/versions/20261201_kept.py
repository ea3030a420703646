"""Nobody calls off the put-back of what they asked for themselves.

What was approved for a time would last by the word of one person. The release before put-backs were bundled would let
its requester cancel a bundled one; while both serve, the database refuses it.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261201_kept"
down_revision = "20261201_put_backs"

NAME = "changes_update_kept"
WHEN = "NEW.origin = 'put_back' AND NEW.state = 'canceled' AND OLD.state <> 'canceled'"
CONDITION = "NEW.decided_by IS NULL OR NEW.decided_by = OLD.requester_id"
SENTENCE = "The requester of a change cannot keep what it set."


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        body = f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}') WHERE {CONDITION}; END"
        bind.exec_driver_sql(f"CREATE TRIGGER {NAME} BEFORE UPDATE ON changes WHEN {WHEN} {body}")
        return
    schema = bind.scalar(sa.text("SELECT quote_ident(current_schema())"))
    bind.exec_driver_sql(
        f"CREATE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$ "
        f"BEGIN IF {CONDITION} THEN RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', "
        f"MESSAGE = '{SENTENCE}'; END IF; RETURN NEW; END $$"
    )
    bind.exec_driver_sql(
        f"CREATE TRIGGER {NAME} BEFORE UPDATE ON changes FOR EACH ROW WHEN ({WHEN}) EXECUTE FUNCTION {NAME}()"
    )


def downgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        bind.exec_driver_sql(f"DROP TRIGGER {NAME}")
        return
    bind.exec_driver_sql(f"DROP TRIGGER {NAME} ON changes")
    bind.exec_driver_sql(f"DROP FUNCTION {NAME}()")
