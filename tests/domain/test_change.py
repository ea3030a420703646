from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.assignment import Assignment, Field, WeightedAgent
from bot.domain.change import ChangeRequest
from bot.domain.comparison import Comparison, compare, verify
from bot.domain.errors import AlreadyDecided, DomainError, IllegalTransition, NotAllowed, OwnChange, TooLate
from bot.domain.policy import Review, Verdict
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.rule import Rule
from bot.domain.state import TRANSITIONS, FollowUp, State, WaitCause
from tests.domain.strategies import NOW, PEOPLE, REQUESTER, change

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LOOKED = Assignment(inbound=(WeightedAgent("agent_a", 1),))

states = st.sampled_from(State)
times = st.integers(0, 3000).map(lambda minutes: NOW + minutes * MINUTE)
Step = Callable[[ChangeRequest], ChangeRequest]


def approve(subject: ChangeRequest, person: str = "U1", verdict: Verdict = Verdict.APPROVE) -> ChangeRequest:
    return subject.review(Review(person, verdict, 1, NOW + MINUTE), [], apply_within=HOUR)


def steps(now_minutes: int, person: str, final: State, is_reviewer: bool) -> list[Step]:
    now = NOW + now_minutes * MINUTE
    return [
        lambda c: c.review(Review(person, Verdict.APPROVE, 1, now), [], apply_within=HOUR),
        lambda c: c.review(Review(person, Verdict.DENY, 1, now, "no"), [], apply_within=HOUR),
        lambda c: c.cancel(person, now),
        lambda c: c.expire(now),
        lambda c: c.claim("lease", now, MINUTE),
        lambda c: c.mark_sent(now, MINUTE, Assignment()),
        lambda c: c.hold(now, now + MINUTE, "lost"),
        lambda c: c.release(None),
        lambda c: c.finish(final, now),
        lambda c: c.go_stale(now, "drift"),
        lambda c: c.ask_follow_up(FollowUp.TRY_AGAIN, person, is_reviewer=is_reviewer),
        lambda c: c.ask_follow_up(FollowUp.RESOLVE, person, is_reviewer=is_reviewer),
        lambda c: c.move_to_channel("C2"),
    ]


any_step = st.tuples(
    st.integers(0, 12), st.integers(0, 3000), st.sampled_from([*PEOPLE, REQUESTER]), states, st.booleans()
)


@given(st.lists(any_step, max_size=12))
def test_every_walk_stays_on_the_table_and_counts_its_steps(walk: list[tuple[int, int, str, State, bool]]) -> None:
    subject = change()
    for index, minutes, person, final, is_reviewer in walk:
        before = subject
        try:
            subject = steps(minutes, person, final, is_reviewer)[index](before)
        except (DomainError, IllegalTransition):
            continue
        assert subject.version == before.version + 1
        assert subject.state is before.state or subject.state in TRANSITIONS[before.state]
        assert not before.state.is_final or index == 12


@given(any_step, st.sampled_from([state for state in State if state.is_final]))
def test_g3_decided_is_final(step: tuple[int, int, str, State, bool], state: State) -> None:
    index, minutes, person, final, is_reviewer = step
    ended = change(state=state, decided_by="U1")
    if index == 12:
        return
    with pytest.raises((DomainError, IllegalTransition)):
        steps(minutes, person, final, is_reviewer)[index](ended)


@given(st.sampled_from(Verdict), states)
def test_g1_the_requester_cannot_decide_in_any_state(verdict: Verdict, state: State) -> None:
    with pytest.raises(OwnChange):
        approve(change(state=state), REQUESTER, verdict)


@given(st.permutations(PEOPLE), st.integers(1, 4))
def test_g1_an_approval_takes_as_many_people_as_the_policy_says(people: list[str], quorum: int) -> None:
    subject = change(policy=HeldPolicy(rules=(Rule(quorum=quorum),)))
    given_so_far: list[Review] = []
    for person in people[:quorum]:
        assert subject.state is State.PENDING
        review = Review(person, Verdict.APPROVE, 1, NOW)
        subject = subject.review(review, given_so_far, apply_within=HOUR)
        given_so_far.append(review)
    assert subject.state is State.APPROVED
    assert subject.decided_by == people[quorum - 1]


def test_g3_who_is_too_late_is_told_who_was_first() -> None:
    approved = approve(change())
    with pytest.raises(AlreadyDecided, match="RN-12 was already approved by <@U1>"):
        approve(approved, "U2")
    denied = approve(change(), "U3", Verdict.DENY)
    with pytest.raises(AlreadyDecided, match="denied by <@U3>"):
        approve(denied, "U2")


def test_g3_nobody_decides_twice_but_a_new_revision_is_open_to_all() -> None:
    subject = change(policy=HeldPolicy(rules=(Rule(quorum=2),)))
    earlier = Review("U1", Verdict.APPROVE, 1, NOW)
    with pytest.raises(AlreadyDecided):
        subject.review(earlier, [earlier], apply_within=HOUR)
    revised = replace(subject, revision=2)
    again = revised.review(replace(earlier, revision=2), [earlier], apply_within=HOUR)
    assert again.state is State.PENDING


@given(times)
def test_an_undecided_change_expires_and_not_before(now: object) -> None:
    subject = change()
    assert isinstance(now, type(NOW))
    if now >= subject.expires_at:
        assert subject.expire(now).state is State.EXPIRED
        with pytest.raises(TooLate):
            subject.review(Review("U1", Verdict.APPROVE, 1, now), [], apply_within=HOUR)
    else:
        with pytest.raises(IllegalTransition):
            subject.expire(now)


def test_an_approval_lapses_an_hour_after_it_fell_due() -> None:
    approved = approve(change(due_at=NOW + HOUR))
    assert approved.apply_before == NOW + 2 * HOUR
    assert not approved.has_expired(NOW + 2 * HOUR - MINUTE)
    assert approved.expire(NOW + 2 * HOUR).state is State.EXPIRED


def test_g3_cancel_counts_until_a_worker_has_claimed_it() -> None:
    approved = approve(change())
    assert approved.cancel(REQUESTER, NOW).state is State.CANCELED
    with pytest.raises(NotAllowed):
        approved.cancel("U1", NOW)
    with pytest.raises(TooLate):
        approved.claim("lease", NOW, MINUTE).cancel(REQUESTER, NOW)
    with pytest.raises(AlreadyDecided):
        approve(change(), "U1", Verdict.DENY).cancel(REQUESTER, NOW)


def test_g2_a_put_is_marked_once_an_attempt() -> None:
    claimed = approve(change()).claim("lease", NOW, MINUTE)
    sent = claimed.mark_sent(NOW, MINUTE, LOOKED)
    assert (sent.sent_at, sent.lease_id, sent.attempts, sent.looked) == (NOW, "lease", 1, LOOKED)
    with pytest.raises(IllegalTransition):
        sent.mark_sent(NOW, MINUTE, LOOKED)
    again = sent.release(None).claim("other", NOW, MINUTE)
    assert (again.sent_at, again.attempts) == (None, 2)


def test_g4_a_lost_answer_holds_the_number() -> None:
    claimed = approve(change()).claim("lease", NOW, MINUTE)
    with pytest.raises(IllegalTransition):
        claimed.hold(NOW, NOW + MINUTE, "lost")
    held = claimed.mark_sent(NOW, MINUTE, LOOKED).hold(NOW, NOW + MINUTE, "lost")
    assert (held.state, held.lease_id, held.leased_until) == (State.APPLYING, None, NOW + MINUTE)


def unclear() -> ChangeRequest:
    return (
        approve(change())
        .claim("lease", NOW, MINUTE)
        .mark_sent(NOW, MINUTE, LOOKED)
        .finish(State.UNCLEAR, NOW, problem="?")
    )


def test_g6_an_unclear_change_waits_for_a_person() -> None:
    subject = unclear()
    asked = subject.ask_follow_up(FollowUp.TRY_AGAIN, REQUESTER, is_reviewer=False)
    assert (asked.state, asked.follow_up, asked.follow_up_by) == (State.UNCLEAR, FollowUp.TRY_AGAIN, REQUESTER)
    with pytest.raises(AlreadyDecided, match="<@U0> was first"):
        asked.ask_follow_up(FollowUp.RESOLVE, "U2", is_reviewer=True)
    with pytest.raises(OwnChange):
        subject.ask_follow_up(FollowUp.RESOLVE, REQUESTER, is_reviewer=True)
    with pytest.raises(NotAllowed):
        subject.ask_follow_up(FollowUp.TRY_AGAIN, "U9", is_reviewer=False)
    assert subject.ask_follow_up(FollowUp.RESOLVE, "U2", is_reviewer=True).follow_up is FollowUp.RESOLVE
    assert asked.claim("lease", NOW, MINUTE).follow_up is None


def live(agent_id: str, version: int | None = 1, *, webhook: str | None = None) -> Assignment:
    return Assignment(inbound=(WeightedAgent(agent_id, version),), webhook_url=webhook)


def test_g5_the_look_sees_the_touched_fields_alone() -> None:
    subject = change()
    assert compare(subject, live("agent_a", webhook="https://a.example")) is Comparison.AS_BEFORE
    assert compare(subject, live("agent_b")) is Comparison.AS_APPROVED
    assert compare(subject, live("agent_c")) is Comparison.OTHERWISE
    assert compare(subject, live("agent_a", 2)) is Comparison.OTHERWISE


def test_g6_what_did_not_arrive_and_what_moved_is_named() -> None:
    subject = change()
    assert verify(subject, live("agent_a"), live("agent_b")).is_clean
    seen = verify(subject, live("agent_a", webhook="https://a.example"), live("agent_c"), "trunk down")
    assert not seen.is_clean
    assert (seen.missing, seen.moved) == (frozenset({Field.INBOUND}), frozenset({Field.WEBHOOK}))
    assert not verify(subject, live("agent_a"), live("agent_b"), "trunk down").is_clean


def test_a_wait_goes_on_when_the_attempt_that_was_to_end_it_sent_nothing() -> None:
    later = NOW + timedelta(seconds=9)
    lease = timedelta(seconds=30)
    waiting = approve(change()).claim("one", NOW, lease).wait(WaitCause.UNAVAILABLE, NOW, later, "Down.")
    paused = waiting.claim("two", later, lease).release(None, "Sending is paused.")
    assert (paused.wait_cause, paused.waiting_since, paused.not_before) == (WaitCause.UNAVAILABLE, NOW, later)
    sent = waiting.claim("two", later, lease).mark_sent(later, lease, Assignment()).release(None)
    assert (sent.wait_cause, sent.waiting_since) == (None, None)
