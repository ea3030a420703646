"""Which numbers an agent answers, so that a number is found by its agent's name without a walk through all of them.

Triggers keep it: the former release goes on writing `numbers` and knows nothing of this table.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125_number_agents"
down_revision = "20261125_pause_reason"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAMES = "account_sid, workspace_id, agent_id, number"

# The agents of one row, by dialect. What is stored is UponAI's list, in which an agent may come twice.
AGENTS = {
    "sqlite": (
        "SELECT DISTINCT {row}.account_sid, {row}.workspace_id, json_extract(agent.value, '$.agent_id'), {row}.number "
        "{source} json_each({row}.assignment, '$.inbound') AS agent"
    ),
    "postgresql": (
        "SELECT DISTINCT {row}.account_sid, {row}.workspace_id, agent.value ->> 'agent_id', {row}.number "
        "{source} json_array_elements({row}.assignment::json -> 'inbound') AS agent"
    ),
}
# Named by its agents, it is found in the primary key: that needs no second index.
DROP = {
    "sqlite": (
        "DELETE FROM number_agents WHERE account_sid = OLD.account_sid AND workspace_id = OLD.workspace_id "
        "AND number = OLD.number AND agent_id IN "
        "(SELECT json_extract(value, '$.agent_id') FROM json_each(OLD.assignment, '$.inbound'));"
    ),
    "postgresql": (
        "DELETE FROM number_agents WHERE account_sid = OLD.account_sid AND workspace_id = OLD.workspace_id "
        "AND number = OLD.number AND agent_id IN "
        "(SELECT value ->> 'agent_id' FROM json_array_elements(OLD.assignment::json -> 'inbound'));"
    ),
}


def upgrade() -> None:
    op.create_table(
        "number_agents",
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("workspace_id", LONG, autoincrement=False, nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_sid", "workspace_id", "agent_id", "number", name="pk_number_agents"),
    )
    dialect = op.get_bind().dialect.name
    for statement in (_sqlite if dialect == "sqlite" else _postgresql)():
        op.get_bind().exec_driver_sql(statement)
    agents = AGENTS[dialect].format(row="numbers", source="FROM numbers CROSS JOIN")
    op.get_bind().exec_driver_sql(f"INSERT INTO number_agents ({NAMES}) {agents} WHERE numbers.is_listed")


def downgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        for event in ("insert", "update", "delete"):
            bind.exec_driver_sql(f"DROP TRIGGER number_agents_{event}")
    else:
        for event in ("insert", "update", "delete"):
            bind.exec_driver_sql(f"DROP TRIGGER number_agents_{event} ON numbers")
        bind.exec_driver_sql("DROP FUNCTION number_agents_follow()")
    op.drop_table("number_agents")


def _sqlite() -> list[str]:
    agents, drop = AGENTS["sqlite"].format(row="NEW", source="FROM"), DROP["sqlite"]
    add = f"INSERT INTO number_agents ({NAMES}) {agents} WHERE NEW.is_listed;"
    differs = "OLD.assignment IS NOT NEW.assignment OR OLD.is_listed IS NOT NEW.is_listed"
    return [
        f"CREATE TRIGGER number_agents_insert AFTER INSERT ON numbers BEGIN {add} END",
        f"CREATE TRIGGER number_agents_update AFTER UPDATE ON numbers WHEN {differs} BEGIN {drop} {add} END",
        f"CREATE TRIGGER number_agents_delete AFTER DELETE ON numbers BEGIN {drop} END",
    ]


def _postgresql() -> list[str]:
    agents, drop = AGENTS["postgresql"].format(row="NEW", source="FROM"), DROP["postgresql"]
    add = f"INSERT INTO number_agents ({NAMES}) {agents};"
    follow = f"""
        CREATE FUNCTION number_agents_follow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'INSERT' THEN
                {drop}
            END IF;
            IF TG_OP <> 'DELETE' AND NEW.is_listed THEN
                {add}
            END IF;
            RETURN NULL;
        END $$"""
    differs = "OLD.assignment IS DISTINCT FROM NEW.assignment OR OLD.is_listed IS DISTINCT FROM NEW.is_listed"
    call = "EXECUTE FUNCTION number_agents_follow()"
    return [
        follow,
        f"CREATE TRIGGER number_agents_insert AFTER INSERT ON numbers FOR EACH ROW {call}",
        f"CREATE TRIGGER number_agents_update AFTER UPDATE ON numbers FOR EACH ROW WHEN ({differs}) {call}",
        f"CREATE TRIGGER number_agents_delete AFTER DELETE ON numbers FOR EACH ROW {call}",
    ]
