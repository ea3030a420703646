from bot.domain.events import PHRASES, Event
from bot.domain.facts import Fact
from bot.domain.state import FollowUp, State


def test_every_event_has_a_phrase_for_people() -> None:
    assert set(PHRASES) == set(Event)
    assert all(phrase.strip(" .") == phrase != "" for phrase in PHRASES.values())
    assert len(set(PHRASES.values())) == len(PHRASES)


def test_every_state_that_a_change_comes_to_has_its_event() -> None:
    assert [Event.of_state(state).value for state in State if state is not State.PENDING] == [
        f"change.{state}" for state in State if state is not State.PENDING
    ]


def test_every_follow_up_has_its_event_and_its_fact() -> None:
    for follow_up in FollowUp:
        assert Event.of_follow_up(follow_up).value == f"errand.{follow_up}"
        assert Fact.of_follow_up(follow_up).value == f"asked_{follow_up}"


def test_every_state_that_an_attempt_ends_in_has_its_fact() -> None:
    ends = [State.APPLIED, State.FAILED, State.STALE, State.UNCLEAR, State.RESOLVED, State.EXPIRED]
    assert [Fact.of_state(state).value for state in ends] == [state.value for state in ends]
