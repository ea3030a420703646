"""`verify-audit`: recompute the chain of the audit record."""

import typer

from bot.cli.record import record
from bot.cli.stopping import CHECK_FAILED, run, settings_or_stop, stop
from bot.domain.audit import Break, Verifier
from bot.settings import DatabaseSettings
from bot.store import audit
from bot.store.audit import Head


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
    async with record(url) as database:
        async with database.reading() as tx:
            before = await audit.read_head(tx)
            async for event in audit.stream(tx):
                broken = verifier.check(event)
                if broken is None and event.id == before.event_id and event.hash != before.hash:
                    broken = Break(event.id, f"Event {event.id} is not the one that the head names.")
                if broken is not None:
                    return broken
        if verifier.count < before.event_id:
            return Break(
                verifier.count + 1, f"Event {verifier.count + 1} is missing: the end of the record was cut off."
            )
        # Others may have appended meanwhile, so the events may reach beyond the head of the beginning, but not beyond
        # the one of the end: such events did not come by the bot.
        async with database.reading() as tx:
            after = await audit.read_head(tx)
        if verifier.count > after.event_id:
            return Break(after.event_id + 1, f"Event {after.event_id + 1} stands behind the head of the record.")
    return Head(verifier.count, verifier.head)
