"""Histories that broke a guarantee once, each by what it showed; as short as they come."""

from bot.domain.assignment import Field
from tests.histories.grammar import Act

_DAY = ("tick", 90_000)

EXAMPLES: dict[str, list[Act]] = {
    "the reminder of the day before went on asking for a review": [
        ("policy", 3),
        ("ask", 0, 0, Field.WEBHOOK, Field.WEBHOOK),
        ("override", 0),
        ("work", 0),
        _DAY,
        ("remind", 0),
        ("settle", 0),
        _DAY,
        ("remind", 0),
    ],
    "the results of several went on waiting for one that had expired": [
        ("ask_for_later", 0, 0, Field.OUTBOUND, 0, 30),
        ("approve", 1, 0),
        ("work", 0),
        ("tick", 3500),
        ("ask", 0, 1, Field.INBOUND, Field.OUTBOUND),
        ("uponai", "write", "before"),
        ("ask_for_several", 1, Field.OUTBOUND, 2, 0),
    ],
    "results that were posted late showed as live what was put back by then": [
        ("ask_for_several", 0, Field.OUTBOUND, 2, 30),
        ("approve", 1, 0),
        ("work", 1),
        ("tick", 3500),
    ],
    "the override of several asked for a review of what came to nothing": [
        ("dashboard_all", Field.OUTBOUND),
        ("policy", 3),
        ("ask_for_several", 0, Field.OUTBOUND, 3, 0),
        ("override", 0),
        ("work", 0),
        ("settle", 1),
    ],
    "a card went on naming another change that an edit had taken elsewhere": [
        ("ask", 1, 0, Field.WEBHOOK, Field.WEBHOOK),
        ("ask", 0, 0, Field.WEBHOOK, Field.WEBHOOK),
        ("settle", 0),
        ("edit", 0, Field.TIME_ROUTING, 0),
        ("settle", 0),
    ],
}
