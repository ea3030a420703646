from decimal import Decimal

from hypothesis import given

from bot.domain.assignment import ALL_FIELDS, Assignment, Field, WeightedAgent
from bot.domain.difference import agent_labels, describe, differences
from tests.domain.strategies import assignments, field_sets

NAMES = {"agent_1": "Sales", "agent_2": "Support", "agent_3": "Support", "agent_4": "Billing <VIP> & *Co*"}
BEFORE = Assignment(
    inbound=(WeightedAgent("agent_1", 3),), webhook_url="https://h.example/x?k=1", is_time_routing_enabled=False
)
AFTER = Assignment(
    inbound=(WeightedAgent("agent_1", 3, Decimal("0.6")), WeightedAgent("agent_2", None, Decimal("0.4"))),
    outbound=(WeightedAgent("agent_4", 2),),
    webhook_url="https://h.example/x?k=2",
    is_time_routing_enabled=True,
)


def test_each_field_before_and_after_in_plain_words() -> None:
    found = differences(BEFORE, AFTER, ALL_FIELDS, NAMES)
    assert [(d.title, d.before, d.after) for d in found] == [
        (
            "Inbound calls",
            ("Sales, version 3",),
            (
                "Sales, version 3, 60 %",
                "Support (agent_2), follows whatever is published later (not pinned), 40 %",
            ),
        ),
        ("Outbound calls", ("no agent",), ("Billing <VIP> & *Co*, version 2",)),
        ("Inbound webhook", ("https://h.example/x?…",), ("https://h.example/x?…", "query changed")),
        ("Time routing", ("off",), ("on",)),
    ]


def test_the_newest_outbound_version_is_marked() -> None:
    found = differences(BEFORE, AFTER, [Field.OUTBOUND], NAMES, is_outbound_version_newest=True)
    assert found[0].after == ("Billing <VIP> & *Co*, version 2 (the newest)",)


@given(assignments, assignments, field_sets)
def test_g5_the_difference_shows_the_fields_that_were_asked_for_and_no_other(
    before: Assignment, after: Assignment, fields: frozenset[Field]
) -> None:
    found = differences(before, after, fields, NAMES)
    assert [d.field for d in found] == [f for f in Field if f in fields]
    assert set(describe(after, NAMES, fields)) == fields


@given(assignments, assignments)
def test_g5_a_field_that_differs_looks_different(before: Assignment, after: Assignment) -> None:
    for difference in differences(before, after, before.differing(after), NAMES):
        assert difference.before != difference.after


def test_a_split_that_is_no_whole_percent_is_shown_truly() -> None:
    third = WeightedAgent("agent_1", 1, Decimal("0.3333333333333333"))
    assert describe(Assignment(inbound=(third,)), NAMES)[Field.INBOUND] == ("Sales, version 1, 33.33333333333333 %",)


def test_what_is_not_known_is_said() -> None:
    assert describe(Assignment(), {})[Field.TIME_ROUTING] == ("not known",)


def test_g11_a_name_cannot_add_lines_or_pass_for_another() -> None:
    names = {"a": "Sales\nTime routing: off", "b": "Sup\u200bport", "c": "support", "d": " \u202e ", "e": "\u2066x"}
    assert agent_labels(names) == {
        "a": "Sales Time routing: off",
        "b": "Support (b)",
        "c": "support (c)",
        "d": "d",
        "e": "x",
    }
    unknown = Assignment(inbound=(WeightedAgent("un\u200bknown", 1),))
    assert describe(unknown, names)[Field.INBOUND] == ("unknown, version 1",)
