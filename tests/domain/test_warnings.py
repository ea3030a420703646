"""What a reviewer is warned of."""

from decimal import Decimal

import pytest

from bot.domain.assignment import ALL_FIELDS, Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.warnings import Danger, Overlap, warnings_of

SALES = WeightedAgent("sales", 3)
DRAFT = WeightedAgent("front", None)
HTTPS, HTTP = "https://h.example/x", "http://h.example/x"


def dangers(before: Assignment, wanted: Assignment, *fields: Field) -> list[Danger]:
    patch = AssignmentPatch(wanted, frozenset(fields))
    return [each.danger for each in warnings_of(patch, before, patch.onto(before))]


@pytest.mark.parametrize(
    ("before", "wanted", "field", "expected"),
    [
        (Assignment((SALES,)), Assignment(), Field.INBOUND, [Danger.NO_INBOUND_AGENT]),
        (Assignment(), Assignment((SALES,)), Field.INBOUND, []),
        (Assignment((SALES,)), Assignment((DRAFT,)), Field.INBOUND, [Danger.UNPINNED_AGENT]),
        (Assignment(), Assignment(webhook_url=HTTPS), Field.WEBHOOK, [Danger.WEBHOOK_OVERRIDES]),
        (
            Assignment(webhook_url=HTTPS),
            Assignment(webhook_url=HTTP),
            Field.WEBHOOK,
            [Danger.WEBHOOK_OVERRIDES, Danger.WEBHOOK_WITHOUT_TLS],
        ),
        (Assignment(webhook_url=HTTP), Assignment(), Field.WEBHOOK, []),
        (Assignment(webhook_url=HTTP), Assignment((SALES,)), Field.INBOUND, [Danger.WEBHOOK_STAYS]),
        (Assignment((DRAFT,), webhook_url=HTTP), Assignment(), Field.TIME_ROUTING, []),
    ],
)
def test_a_danger_is_named_where_the_change_brings_it(
    before: Assignment, wanted: Assignment, field: Field, expected: list[Danger]
) -> None:
    assert dangers(before, wanted, field) == expected


def test_nobody_answering_and_anybody_answering_are_high_risks() -> None:
    before = Assignment((SALES, WeightedAgent("front", 1, Decimal("0.5"))))
    patch = AssignmentPatch(Assignment(webhook_url=HTTP), ALL_FIELDS)
    found = warnings_of(patch, before, patch.onto(before))
    assert [each.danger for each in found if each.is_high_risk] == [Danger.NO_INBOUND_AGENT, Danger.WEBHOOK_OVERRIDES]


def test_another_change_is_named_with_the_fields_that_both_touch() -> None:
    patch = AssignmentPatch(Assignment((SALES,)), frozenset({Field.INBOUND, Field.TIME_ROUTING}))
    overlaps = [Overlap("RN-3", frozenset({Field.INBOUND, Field.WEBHOOK})), Overlap("RN-4", frozenset({Field.WEBHOOK}))]
    [found] = warnings_of(patch, Assignment(), patch.onto(Assignment()), overlaps)
    assert (found.danger, found.label, found.fields) == (Danger.OVERLAP, "RN-3", frozenset({Field.INBOUND}))
