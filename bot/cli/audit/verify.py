"""`verify-audit`: recompute the chain of the audit record."""

import typer

from bot.cli.audit.read_only import read_only
from bot.cli.exits import CHECK_FAILED, run, settings_or_stop, stop
from bot.domain.audit import Break, Verifier
from bot.settings import DatabaseSettings
from bot.store import raw_audit
from bot.store.audit import Head
from bot.store.database import Database


def verify_audit() -> None:
    """Recompute the audit chain; exit 1 and the first broken entry when it was tampered with."""
    settings = settings_or_stop(DatabaseSettings)
    found = run(_verify(settings.database_url.get_secret_value()))
    if isinstance(found, Break):
        stop(f"BROKEN at event {found.event_id}: {found.problem}", code=CHECK_FAILED)
    typer.echo(f"OK: {found.event_id} audit events, the chain holds.")
    typer.echo(f"Head: event {found.event_id}, hash {found.hash}")


async def _verify(url: str) -> Break | Head:
    verifier = Verifier()
    async with read_only(url) as database:
        return await _broken(database, verifier) or Head(verifier.count, verifier.head)


async def _broken(database: Database, verifier: Verifier) -> Break | None:
    async with database.reading() as tx:
        before = await raw_audit.read_head(tx)
        async for event in raw_audit.stream(tx):
            broken = event if isinstance(event, Break) else verifier.check(event)
            if broken is not None:
                return broken
            if before is not None and verifier.count == before.event_id and verifier.head != before.hash:
                return Break(verifier.count, f"Event {verifier.count} is not the one that the head names.")
    following = verifier.count + 1
    if before is None:
        return Break(following, f"The head of the record is missing: nothing says whether event {following} was there.")
    if verifier.count < before.event_id:
        return Break(following, f"Event {following} is missing: the end of the record was cut off.")
    # Others may have appended meanwhile, so the events may reach beyond the head of the beginning, but not beyond
    # the one of the end: such events did not come by the bot.
    async with database.reading() as tx:
        after = await raw_audit.read_head(tx)
    if after is None or verifier.count > after.event_id:
        beyond = before.event_id + 1 if after is None else after.event_id + 1
        return Break(beyond, f"Event {beyond} stands behind the head of the record.")
    return None
