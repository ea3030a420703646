"""The fields of an assignment as sentences name them."""

from collections.abc import Iterable

from bot.domain.assignment import Field

FIELD_NAMES = {
    Field.INBOUND: "inbound calls",
    Field.OUTBOUND: "outbound calls",
    Field.WEBHOOK: "the inbound webhook",
    Field.TIME_ROUTING: "time routing",
}


def name_fields(fields: Iterable[Field]) -> str:
    """Name fields in the order in which people read them."""
    wanted = frozenset(fields)
    return ", ".join(FIELD_NAMES[field] for field in Field if field in wanted)
