from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.assignment import ALL_FIELDS, Assignment, Field, WeightedAgent
from bot.domain.difference import Fate, agent_labels, describe, differences
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
            ("Sales v3",),
            (
                "60 %  Sales v3",
                "40 %  Support (unpinned)",
            ),
        ),
        ("Outbound calls", ("no agent",), ("Billing <VIP> & *Co* v2",)),
        ("Inbound webhook", ("https://h.example/x?…",), ("https://h.example/x?…", "query changed")),
        ("Time routing", ("off",), ("on",)),
    ]


def test_the_newest_outbound_version_is_marked() -> None:
    found = differences(BEFORE, AFTER, [Field.OUTBOUND], NAMES, is_outbound_version_newest=True)
    assert found[0].after == ("Billing <VIP> & *Co* v2 (the newest)",)


@given(assignments, assignments, field_sets)
def test_g5_the_difference_shows_the_fields_that_were_asked_for_and_no_other(
    before: Assignment, after: Assignment, fields: frozenset[Field]
) -> None:
    found = differences(before, after, fields, NAMES)
    assert [d.field for d in found] == [f for f in Field if f in fields]
    assert set(describe(after, NAMES, fields)) == fields


def _agent_of(line: str) -> str:
    return line.rpartition("  ")[2]


@given(assignments, assignments)
def test_g5_no_share_of_a_split_is_left_out_or_made_up(before: Assignment, after: Assignment) -> None:
    for difference in differences(before, after, [Field.INBOUND, Field.OUTBOUND], {}, is_rounded=True):
        if not difference.shares:
            assert len(difference.before) == len(difference.after) == 1
            continue
        old = sorted(share.agent for share in difference.shares if share.before)
        new = sorted(share.agent for share in difference.shares if share.after)
        assert old == sorted(_agent_of(line) for line in difference.before if line != "no agent")
        assert new == sorted(_agent_of(line) for line in difference.after if line != "no agent")
        for share in difference.shares:
            assert (share.fate is Fate.STAYS) == (share.before == share.after)


@given(assignments, assignments)
def test_g5_a_rounded_field_that_differs_looks_different_too(before: Assignment, after: Assignment) -> None:
    for difference in differences(before, after, before.differing(after), {}, is_rounded=True):
        assert difference.before != difference.after


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("0.333333333333", "0.34", ("33.33 %  a v1", "34 %  a v1")),
        ("0.333333333333", "0.333333333334", ("33.3333333333 %  a v1", "33.3333333334 %  a v1")),
        ("0.0000001", "0.5", ("0.00001 %  a v1", "50 %  a v1")),
        ("0.9999999", "1", ("99.99999 %  a v1", "a v1")),
    ],
)
def test_g11_two_decimals_hide_no_difference(old: str, new: str, shown: tuple[str, str]) -> None:
    before, after = (Assignment(inbound=(WeightedAgent("a", 1, Decimal(weight)),)) for weight in (old, new))
    [found] = differences(before, after, [Field.INBOUND], {}, is_rounded=True)
    assert (found.before[0], found.after[0]) == shown


@given(st.dictionaries(st.text(max_size=12), st.sampled_from(["Sales", "sales", "SALES", "Sales …aaaa", ""])))
def test_g11_labels_of_agents_are_unique(names: dict[str, str]) -> None:
    assert len({label.casefold() for label in agent_labels(names).values()}) == len(names)


def test_two_agents_of_one_name_are_told_apart_by_as_much_of_their_ids_as_it_takes() -> None:
    names = {"agent_001_8335": "Support", "agent_002_8335": "Support", "agent_9999": "Support"}
    assert list(agent_labels(names).values()) == ["Support …001_8335", "Support …002_8335", "Support …9999"]


def test_only_agents_of_this_change_are_told_apart() -> None:
    [found] = differences(BEFORE, AFTER, [Field.INBOUND], {"agent_1": "Support", **NAMES})
    assert "…" not in "".join((*found.before, *found.after))


@given(assignments, assignments)
def test_g5_a_field_that_differs_looks_different(before: Assignment, after: Assignment) -> None:
    for difference in differences(before, after, before.differing(after), NAMES):
        assert difference.before != difference.after


def test_a_split_that_is_no_whole_percent_is_shown_truly() -> None:
    third = WeightedAgent("agent_1", 1, Decimal("0.3333333333333333"))
    assert describe(Assignment(inbound=(third,)), NAMES)[Field.INBOUND] == ("33.33333333333333 %  Sales v1",)


def test_what_is_not_known_is_said() -> None:
    assert describe(Assignment(), {})[Field.TIME_ROUTING] == ("not known",)


def test_g11_a_name_cannot_add_lines_or_pass_for_another() -> None:
    names = {"a": "Sales\nTime routing: off", "b": "Sup\u200bport", "c": "support", "d": " \u202e ", "e": "\u2066x"}
    assert agent_labels(names) == {
        "a": "Sales Time routing: off",
        "b": "Support b",
        "c": "support c",
        "d": "d",
        "e": "x",
    }
    unknown = Assignment(inbound=(WeightedAgent("un\u200bknown", 1),))
    assert describe(unknown, names)[Field.INBOUND] == ("unknown v1",)
