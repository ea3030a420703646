"""What was asked together is told together: the decision once, and the ends once all have ended."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.bundle import Bundle
from bot.domain.state import State
from bot.service.picture import is_passed_by_all
from tests.domain.strategies import NOW, change


def bundle(*states: State) -> Bundle:
    """Make a bundle whose members ended one after the other."""
    ended = [
        NOW + timedelta(seconds=at) if state.is_final or state is State.UNCLEAR else None
        for at, state in enumerate(states)
    ]
    made = zip(states, ended, strict=True)
    members = [
        replace(change(), id=at, bundle_id=1, state=state, finished_at=end)
        for at, (state, end) in enumerate(made, start=1)
    ]
    return Bundle(tuple(members))


def told(of: Bundle, state: State) -> list[int]:
    """Return whose messages about such a state are told."""
    return [each.id for each in of.members if not is_passed_by_all(of, each.id, state)]


def test_a_decision_is_told_until_all_have_ended() -> None:
    assert told(bundle(State.APPLIED, State.APPROVED), State.APPROVED) == [1, 2]
    assert told(bundle(State.APPLIED, State.APPLIED), State.APPROVED) == []


def test_the_ends_are_told_by_the_last_one_alone() -> None:
    assert told(bundle(State.APPLIED, State.APPLYING, State.FAILED), State.APPLIED) == []
    assert told(bundle(State.APPLIED, State.FAILED, State.UNCLEAR), State.APPLIED) == [3]
    assert told(bundle(State.DENIED, State.DENIED), State.DENIED) == [2]
