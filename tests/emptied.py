"""PostgreSQL databases that many tests have one after the other, each time as if it were new.

To create and drop a database costs some fifteen times what it costs to empty one; to be connected anew each time, what
it costs to empty five.
"""

import json
from collections import deque
from itertools import count

import asyncpg  # type: ignore[import-untyped]  # It ships no types.

# Whatever a test has left running by mistake has ended by the time its database is used again.
_IN_TURN = 3
# One that has grown by this much is dropped: what was deleted would be read on and on.
_GROWTH_BYTES = 4 << 20

# Whatever is created, altered or dropped shows in these, also when it is put back afterwards; so do statistics, which
# change plans, and what is set for the database as a whole.
_OBJECTS = [
    "pg_proc",
    "pg_trigger",
    "pg_constraint",
    "pg_type",
    "pg_attrdef",
    "pg_namespace",
    "pg_extension",
    "pg_rewrite",
    "pg_event_trigger",
    "pg_policy",
    "pg_default_acl",
    "pg_statistic_ext",
]
_SCHEMA = "\nUNION ALL ".join(f"SELECT '{name}', oid, xmin::text FROM {name} WHERE oid >= 16384" for name in _OBJECTS)  # noqa: S608
_SIZE_AND_SCHEMA = f"""
WITH found (what, id, state) AS (
    {_SCHEMA}
    UNION ALL SELECT attname, attrelid, xmin::text FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL SELECT 'index', indexrelid, xmin::text FROM pg_index WHERE indexrelid >= 16384
    UNION ALL SELECT 'sequence', seqrelid, xmin::text FROM pg_sequence
    UNION ALL SELECT 'statistics', starelid, xmin::text FROM pg_statistic WHERE starelid >= 16384
    UNION ALL SELECT relname, oid, concat(relkind, relowner, relpersistence, relacl, reloptions, relrowsecurity)
        FROM pg_class WHERE oid >= 16384
    UNION ALL SELECT 'database', 0, concat(datconnlimit, datallowconn, datacl, datdba)
        FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT 'setting', 0, setconfig::text
        FROM pg_db_role_setting JOIN pg_database ON setdatabase = pg_database.oid WHERE datname = current_database()
)
SELECT pg_database_size(current_database()),
    (SELECT md5(string_agg(concat_ws(' ', what, id, state), ',' ORDER BY what, id, state)) FROM found)
"""  # noqa: S608 - of constants alone.
_END_SESSIONS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
# By it whoever counts the sessions of a test knows the one that is none.
APPLICATION = "emptied"


class EmptiedDatabases:
    """Copies of a template on a server, lent in turn. All calls are made on one event loop."""

    def __init__(self, server: str, template: str, prefix: str) -> None:
        self._server = server
        self._template = template
        self._names = (f"{prefix}_{number}" for number in count(1))
        self._lent: deque[str] = deque()
        self._connections: dict[str, asyncpg.Connection] = {}
        self._fresh: tuple[int, str] | None = None
        self._empty = ""

    async def lend(self) -> str:
        """Return the URL of a database that is as the template; it is the caller's until two more have been lent."""
        if self._fresh is None:
            await self._study_template()
        if len(self._lent) < _IN_TURN:
            return await self._lend_new()
        name = self._lent.popleft()
        if await self._could_be_emptied(name):
            self._lent.append(name)
            return f"{self._server}/{name}"
        await self._drop(name)
        return await self._lend_new()

    async def drop_all(self) -> None:
        """Drop what was lent."""
        while self._lent:
            await self._drop(self._lent.popleft())

    async def _drop(self, name: str) -> None:
        if name in self._connections:
            await self._connections.pop(name).close()
        await self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def _lend_new(self) -> str:
        name = next(self._names)
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        self._lent.append(name)
        return f"{self._server}/{name}"

    async def _study_template(self) -> None:
        # Not the template itself: nobody may be connected to it while another worker copies it.
        name = next(self._names)
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        connection = await self._connection_to(name)
        self._fresh = tuple(await connection.fetchrow(_SIZE_AND_SCHEMA))
        self._empty = await _emptying(connection)
        self._lent.append(name)

    async def _could_be_emptied(self, name: str) -> bool:
        connection = await self._connection_to(name)
        await connection.execute(_END_SESSIONS)
        assert self._fresh is not None
        size, schema = await connection.fetchrow(_SIZE_AND_SCHEMA)
        if schema != self._fresh[1] or size > self._fresh[0] + _GROWTH_BYTES:
            return False
        await connection.execute(self._empty)
        return True

    async def _connection_to(self, name: str) -> asyncpg.Connection:
        connection = self._connections.get(name)
        # A test that ends all sessions ends this one too.
        if connection is None or connection.is_closed():
            url = f"{self._server}/{name}"
            connection = await asyncpg.connect(url, server_settings={"application_name": APPLICATION})
            self._connections[name] = connection
        return connection

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(f"{self._server}/postgres")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def _emptying(connection: asyncpg.Connection) -> str:
    """Return the statements, to be sent at once, that bring a database back to what this one holds."""
    # Neither triggers nor foreign keys hold what is done so.
    statements = ["SET LOCAL session_replication_role = replica"]
    found = await connection.fetch("""
        SELECT oid::regclass::text, relkind FROM pg_class
        WHERE relkind IN ('r', 'S') AND relnamespace = 'public'::regnamespace ORDER BY relname
    """)
    for name, kind in found:
        if kind == b"S":
            value, is_called = await connection.fetchrow(f"SELECT last_value, is_called FROM {name}")  # noqa: S608
            statements.append(f"SELECT setval('{name}', {value}, {is_called})")
            continue
        statements.append(f"DELETE FROM {name}")  # noqa: S608
        rows = await connection.fetchval(f"SELECT json_agg(rows) FROM {name} AS rows")  # noqa: S608
        if rows is not None:
            columns = ", ".join(f'"{column}"' for column in json.loads(rows)[0])
            statements.append(
                f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns}"  # noqa: S608
                f" FROM json_populate_recordset(NULL::{name}, $rows${rows}$rows$)"
            )
    return ";\n".join(statements)
