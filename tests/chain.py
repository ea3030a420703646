"""Checking a whole chain at once, as `verify` does event by event."""

from collections.abc import Iterable

from bot.domain.audit import Break, ChainedEvent, Verifier


def first_break(events: Iterable[ChainedEvent]) -> Break | None:
    """Return the first event that does not fit, None when the whole chain holds."""
    verifier = Verifier()
    return next((found for event in events if (found := verifier.check(event.link))), None)
