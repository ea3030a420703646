"""How a change ended, as its thread tells it: whom it calls, what it shows, and what can still be done about it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.assignment import Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.change import ChangeRequest
from bot.domain.facts import By, Decided, Expired, Fact, Finished, Problem, Told
from bot.domain.since import NOTHING_SINCE, Since
from bot.domain.state import FollowUp, State
from bot.sandbox.slack.block_kit.blocks import accept_message
from bot.sandbox.slack.block_kit.words import words_of
from bot.slack.block_kit.elements import Block
from bot.slack.messages.thread import render_fact
from tests.domain.strategies import NOW, change

RITA, ALAN, ADA = "URITA", "UALAN", "UADA"
LIVE = Assignment((WeightedAgent("agent_b", 1),), webhook_url="https://hooks.example.com/in")
ENDS: dict[Fact, Told] = {
    Fact.DENIED: Decided(by=ALAN, reason="Not today"),
    Fact.CANCELED: By(by=RITA),
    Fact.EXPIRED: Expired(was=State.PENDING.value),
    Fact.APPLIED: Finished(live=LIVE),
    Fact.FAILED: Finished(problem="Refused"),
    Fact.STALE: Problem(problem="Overtaken"),
    Fact.UNCLEAR: Finished(problem="Lost", live=LIVE),
    Fact.RESOLVED: Finished(by=ADA, live=LIVE),
}
ASKED_AGAIN = Since(asked_again_as="RN-9", asked_again_by=ADA)


def rendered(
    fact: Fact, told: Told | None = None, *, since: Since = NOTHING_SINCE, **values: Any
) -> tuple[str, list[Block]]:
    """Render one end of a change of Rita's that Alan decided about."""
    names = {"agent_a": "Sales", "agent_b": "Bookings"}
    shown: ChangeRequest = change(
        **{"requester_id": RITA, "decided_by": ALAN, "agent_names": names, "state": State(fact.value), **values}
    )
    text, blocks = render_fact(
        shown, {"name": fact.value, "at": NOW.isoformat(), **(told or ENDS[fact]).to_json()}, since
    )
    accept_message(text, blocks)
    return text, blocks


def buttons(blocks: list[Block]) -> list[str]:
    return [each["text"]["text"] for block in blocks if block["type"] == "actions" for each in block["elements"]]


@pytest.mark.parametrize("fact", ENDS)
def test_every_end_begins_with_its_requester_and_its_notification_names_number_and_change(fact: Fact) -> None:
    text, blocks = rendered(fact)
    sign, called = text.split()[:2]
    assert not sign.isascii()
    assert called.strip(",") == f"<@{RITA}>"
    assert {"type": "user", "user_id": RITA} in blocks[0]["elements"][0]["elements"][:2]
    assert "RN-12" in text
    assert "+1 415-555-0123" in text
    assert "Bookings" in text


def test_the_result_shows_the_touched_fields_alone_as_they_were_read_back_one_value_on_one_line() -> None:
    text, blocks = rendered(Fact.APPLIED)
    words = words_of(blocks).splitlines()
    assert text.startswith(f"✅ <@{RITA}> RN-12 is live (read back from UponAI)")
    assert len([line for line in words if line.startswith("Inbound calls: Bookings")]) == 1
    assert "hooks.example.com" not in words_of(blocks)
    bold = blocks[1]["elements"][0]["elements"][1]
    assert bold["style"] == {"bold": True}
    assert bold["text"].startswith("Bookings")
    assert buttons(blocks) == ["Revert", "Details"]


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (Fact.APPLIED, "approved; RN-12 is live"),
        (Fact.FAILED, "approved; RN-12 failed"),
        (Fact.STALE, "approved; RN-12 was not sent"),
    ],
)
def test_approval_and_result_are_told_in_one_message(fact: Fact, said: str) -> None:
    told = Finished(live=LIVE, approved_by=ALAN) if fact is Fact.APPLIED else Problem(approved_by=ALAN)
    text, _ = rendered(fact, told)
    assert f"<@{RITA}>, <@{ALAN}> {said}" in text


def test_a_change_that_was_sent_before_is_not_told_as_never_sent() -> None:
    text, _ = rendered(Fact.STALE, Finished(problem="Otherwise", by=ADA))
    assert "was not sent" not in text


def test_unclear_calls_the_approver_too_and_tells_asked_then_live_then_what_to_do() -> None:
    live = replace(LIVE, inbound=(WeightedAgent("agent_c", 3),))
    text, blocks = rendered(Fact.UNCLEAR, Finished(problem="Lost", live=live, names={"agent_c": "Night desk"}))
    assert text.startswith(f"❓ <@{RITA}> <@{ALAN}> ")
    words = words_of(blocks)
    order = [words.index(each) for each in ("Lost", "Asked", "Bookings", "Live now", "Night desk", "looks first")]
    assert order == sorted(order)
    # What nobody asked for and moved all the same is shown as well.
    assert "hooks.example.com" in words
    assert "Time routing" not in words
    assert buttons(blocks) == ["Try again", "Mark as resolved"]


def test_unclear_is_told_though_nobody_knows_what_is_live() -> None:
    text, blocks = rendered(Fact.UNCLEAR, Finished(problem="Lost"))
    assert "Live now" not in text + words_of(blocks)
    assert "Asked" in words_of(blocks)


@pytest.mark.parametrize("fact", [Fact.DENIED, Fact.CANCELED, Fact.EXPIRED, Fact.STALE])
def test_what_came_to_nothing_can_be_asked_again_until_it_was(fact: Fact) -> None:
    assert buttons(rendered(fact)[1]) == ["Ask again"]
    _, blocks = rendered(fact, since=ASKED_AGAIN)
    assert buttons(blocks) == []
    assert f"<@{ADA}> asked again as RN-9." in blocks[-1]["elements"][0]["text"]


def test_a_failed_change_can_be_tried_again_until_it_was() -> None:
    assert buttons(rendered(Fact.FAILED)[1]) == ["Try again"]
    assert buttons(rendered(Fact.FAILED, since=ASKED_AGAIN)[1]) == []


def test_a_result_can_be_reverted_until_it_was() -> None:
    _, blocks = rendered(Fact.APPLIED, since=Since(reverted_by="RN-7"))
    assert buttons(blocks) == ["Details"]
    assert "Reverted by RN-7." in str(blocks)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"follow_up": FollowUp.TRY_AGAIN}, "tried again."),
        ({"follow_up": FollowUp.RESOLVE}, "asked to mark it as resolved."),
        ({"state": State.APPLYING}, "tried again."),
        ({"state": State.APPLIED}, "tried again. The look found it live."),
        ({"state": State.RESOLVED}, "marked it as resolved."),
    ],
)
def test_an_unclear_change_that_was_seen_to_says_by_whom(values: dict[str, Any], said: str) -> None:
    _, blocks = rendered(Fact.UNCLEAR, **{"follow_up_by": ADA, **values})
    assert buttons(blocks) == []
    assert blocks[-1]["elements"][0]["text"] == f"<@{ADA}> {said}"


def test_an_earlier_unclear_message_of_the_change_has_no_buttons() -> None:
    _, blocks = rendered(Fact.UNCLEAR, since=Since(is_overtaken=True))
    assert buttons(blocks) == []


def test_a_wait_says_why_since_when_and_when_the_change_expires() -> None:
    until = NOW + timedelta(hours=1)
    waiting = change(state=State.APPROVED, apply_before=until)
    text, blocks = render_fact(waiting, {"name": "waiting", "at": NOW.isoformat(), "problem": "UponAI is down"})
    accept_message(text, blocks)
    for said in ("UponAI is down", f"since <!date^{int(NOW.timestamp())}", f"until <!date^{int(until.timestamp())}"):
        assert said in text
    told = Decided(by=ALAN, paused_by=ADA, paused_at=NOW.isoformat(), paused_why="a <fair>")
    text, blocks = render_fact(waiting, {"name": "approved", "at": NOW.isoformat(), **told.to_json()})
    accept_message(text, blocks)
    assert "(a &lt;fair&gt;)" in text
    assert f"<@{ADA}> paused it <!date^{int(NOW.timestamp())}" in text
    assert f"expires <!date^{int(until.timestamp())}" in text


def test_only_what_was_touched_stands_in_a_result_of_many_agents() -> None:
    split = Assignment((WeightedAgent("agent_a", 1), WeightedAgent("agent_b", 1)), is_time_routing_enabled=True)
    patch = AssignmentPatch(split, frozenset({Field.INBOUND, Field.TIME_ROUTING}))
    _, blocks = rendered(Fact.APPLIED, Finished(live=split), patch=patch)
    words = words_of(blocks)
    assert "Time routing: on" in words
    assert "Inbound calls:" in words
    assert "Outbound" not in words
