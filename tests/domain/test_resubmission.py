"""A form that is sent again: the same is the same, and anything else is named."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from bot.domain.assignment import Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.key import NumberKey
from bot.domain.resubmission import Deviation, deviation_from, refuse_other, refuse_same
from bot.domain.schedule import UNSCHEDULED, Schedule
from bot.domain.state import State
from tests.domain.strategies import REQUESTER, assignments, change, patches

STORED = change(reason="Night <@U7> shift " * 20, agent_names={"agent_b": "Sales"})
SAME: dict[str, Any] = {
    "requester_id": REQUESTER,
    "key": STORED.key,
    "patch": STORED.patch,
    "reason": STORED.reason,
    "parent_id": None,
    "schedule": UNSCHEDULED,
}


@given(assignments, patches)
def test_what_was_sent_before_is_the_same_whatever_of_it_was_touched(
    before: Assignment, patch: AssignmentPatch
) -> None:
    stored = change(before=before, patch=patch.without_unchanged(before))
    assert deviation_from(stored, **{**SAME, "patch": patch, "reason": stored.reason}) is None


@given(assignments, patches, patches)
def test_two_wishes_are_the_same_only_if_the_same_comes_of_them(
    before: Assignment, first: AssignmentPatch, second: AssignmentPatch
) -> None:
    stored = change(before=before, patch=first.without_unchanged(before))
    is_same = deviation_from(stored, **{**SAME, "patch": second, "reason": stored.reason}) is None
    assert is_same is first.onto(before).agrees_with(second.onto(before))


@pytest.mark.parametrize(
    ("other", "deviation"),
    [
        ({"key": NumberKey("acc", 1, "+2")}, Deviation(is_number=True, field=None)),
        ({"key": NumberKey("acc", 2, STORED.key.number)}, Deviation(is_number=True, field=None)),
        (
            {"patch": AssignmentPatch(Assignment(inbound=(WeightedAgent("agent_b", 2),)), STORED.patch.fields)},
            Deviation(is_number=False, field=Field.INBOUND),
        ),
        (
            {"patch": replace(STORED.patch.wanted, webhook_url="https://a/").patch_to([Field.INBOUND, Field.WEBHOOK])},
            Deviation(is_number=False, field=Field.WEBHOOK),
        ),
        ({"reason": "Another"}, Deviation(is_number=False, field=None)),
        ({"requester_id": "U9"}, Deviation(is_number=False, field=None)),
        ({"parent_id": 3}, Deviation(is_number=False, field=None)),
        ({"schedule": Schedule(starts_at=STORED.created_at)}, Deviation(is_number=False, field=None)),
        ({"schedule": Schedule(put_back_at=STORED.created_at)}, Deviation(is_number=False, field=None)),
    ],
)
def test_what_differs_is_named(other: dict[str, Any], deviation: Deviation) -> None:
    assert deviation_from(STORED, **SAME) is None
    assert deviation_from(STORED, **{**SAME, **other}) == deviation


@pytest.mark.parametrize("state", State)
def test_the_refusal_says_what_was_asked_and_how_to_take_it_back(state: State) -> None:
    stored = replace(STORED, state=state)
    refusal = refuse_other(stored, Deviation(is_number=False, field=Field.INBOUND))
    sentence = str(refusal)
    assert sentence.startswith(
        f"You asked for RN-12 from this form already, and it is {state}. It asks: +1 415-555-0123, "
    )
    assert "Inbound calls: Sales v1" in sentence
    assert "because “Night <@U7> shift" in sentence
    assert refusal.can_withdraw is ("withdraw it at the top of this form" in sentence)
    assert refusal.can_withdraw is (state in (State.PENDING, State.APPROVED))
    assert refusal.change_id == 12
    assert len(sentence) < 700


def test_the_refusal_never_shows_the_secret_part_of_a_webhook() -> None:
    patch = Assignment(webhook_url="https://u:hush@hooks.example.com/in?key=hush").patch_to([Field.WEBHOOK])
    assert "hush" not in str(refuse_other(replace(STORED, patch=patch), Deviation(is_number=True, field=None)))


def test_what_ended_is_not_asked_once_more_in_silence() -> None:
    refusal = refuse_same(replace(STORED, state=State.DENIED))
    assert "exactly this" in str(refusal)
    assert "is denied" in str(refusal)
    assert not refusal.can_withdraw
