import json

import pytest

from bot.domain.assignment import Assignment, WeightedAgent
from bot.domain.facts import (
    By,
    Called,
    CannotPost,
    Decided,
    Edited,
    Expired,
    Fact,
    Finished,
    LeftOut,
    Overridden,
    OverriddenHere,
    OverrideReviewed,
    Problem,
    PutBackEnded,
    PutBackPlanned,
    Sending,
    TakenBack,
    Told,
    Unreviewed,
)
from bot.domain.state import State
from bot.slack.messages.thread import render_channel_fact, render_fact
from tests.domain.strategies import change

LIVE = Assignment(inbound=(WeightedAgent("agent_a", 1),), webhook_url="https://example.com/in")
SHAPES: dict[Fact, Told] = {
    Fact.CALLED: Called(ids=["UALAN", "SLEADS", "COPS"]),
    Fact.APPROVED: Decided(by="UALAN", paused_by="UADA", paused_at="2026-11-24T05:00:00+00:00"),
    Fact.REVIEWED: Decided(by="UALAN"),
    Fact.BLOCKED: Decided(by="UALAN", reason="Not now"),
    Fact.TAKEN_BACK: TakenBack(by="UALAN"),
    Fact.EDITED: Edited(by="URITA", changed=["Time routing: on → off"], void=["UALAN"]),
    Fact.OVERRIDDEN: Overridden(by="UALAN", reason="The line is down"),
    Fact.OVERRIDE_UNREVIEWED: Unreviewed(by="UALAN", since="2026-11-23T05:00:00+00:00", reason="The line is down"),
    Fact.OVERRIDE_REVIEWED: OverrideReviewed(by="UADA", overridden_by="UALAN"),
    Fact.OVERRIDDEN_FOR_YOU: Overridden(others=2, by="UALAN", reason="Down", sent_from="2026-11-25T05:00:00+00:00"),
    Fact.OVERRIDDEN_HERE: OverriddenHere(
        by="UALAN", change="RN-12", requester="URITA", number="+1", what="Time routing: off → on", reason="Down"
    ),
    Fact.DENIED: Decided(by="UALAN", reason="Not today"),
    Fact.CANCELED: By(by="URITA"),
    Fact.EXPIRED: Expired(was=State.PENDING.value),
    Fact.APPLIED: Finished(live=LIVE, names={"agent_a": "Front desk"}),
    Fact.FAILED: Finished(problem="Refused", approved_by="UALAN"),
    Fact.STALE: Problem(problem="Overtaken", approved_by="UALAN"),
    Fact.UNCLEAR: Finished(problem="Lost", live=LIVE),
    Fact.RESOLVED: Finished(by="UADA"),
    Fact.ANSWER_LOST: Problem(problem="Lost"),
    Fact.WAITING: Problem(problem="Down"),
    Fact.ASKED_TRY_AGAIN: By(by="UADA"),
    Fact.ASKED_RESOLVE: By(by="UADA"),
    Fact.FOLLOW_UP_WAITING: Problem(problem="Down"),
    Fact.PUT_BACK: PutBackPlanned(change="RN-13", sent_from="2026-11-24T08:00:00+00:00"),
    Fact.PUT_BACK_NOW: PutBackPlanned(change="RN-13", sent_from="2026-11-24T05:00:00+00:00", by="UADA"),
    Fact.PUT_BACK_ENDED: PutBackEnded(change="RN-13", state="stale", problem="RN-14 was applied first."),
    Fact.CANNOT_POST: CannotPost(problem="not_in_channel", channel="C1"),
    Fact.PAUSED: Sending(by="UADA", reason="The line is down", count=2, changes=["RN-1 · +1", "RN-2 · +2"]),
    Fact.RESUMED: Sending(by="UADA", count=12, changes=["RN-1 · +1"]),
    Fact.RESULTS: By(by="UALAN"),
    Fact.LEFT_OUT: LeftOut(by="URITA", numbers=["+14155550123"]),
    Fact.TOKEN_REFUSED: By(by="URITA"),
}
IN_CHANNELS = {Fact.PAUSED, Fact.RESUMED, Fact.TOKEN_REFUSED, Fact.OVERRIDDEN_HERE}


@pytest.mark.parametrize("fact", Fact)
def test_every_fact_is_rendered_from_what_the_outbox_holds_of_it(fact: Fact) -> None:
    payload = json.loads(json.dumps({"name": fact.value, "at": "2026-11-24T06:00:00+00:00", **SHAPES[fact].to_json()}))
    text, blocks = render_channel_fact(payload) if fact in IN_CHANNELS else render_fact(change(), payload)
    assert text
    assert blocks


@pytest.mark.parametrize("told", [*SHAPES.values(), Expired()])
def test_what_is_recorded_with_a_fact_is_read_back_whole(told: Told) -> None:
    assert type(told).from_json({"name": "x", "at": "y", **json.loads(json.dumps(told.to_json()))}) == told


def test_the_keys_in_the_outbox_stay() -> None:
    assert Problem(problem="x").to_json() == {"problem": "x"}
    assert set(Decided(by="U1", paused_at="x").to_json()) == {"by", "reason", "paused_by", "paused_at", "elsewhere"}
    assert Decided(by="U1").to_json() == {"by": "U1", "reason": None, "paused_by": None, "elsewhere": None}
    assert Finished().to_json() == {"by": None, "problem": None, "live": None}
    assert set(SHAPES[Fact.APPLIED].to_json()) == {"by", "problem", "live", "names"}
    assert CannotPost(problem="x", channel="C1").to_json() == {"problem": "x", "channel": "C1"}
    assert Expired(was=State.PENDING.value).to_json() == {"was": "pending"}
    assert Expired().to_json() == {}


def test_what_older_releases_left_out_is_told_all_the_same() -> None:
    for payload in ({"name": "approved", "by": "U1"}, {"name": "expired"}, {"name": "cannot_post", "problem": "x"}):
        assert render_fact(change(), payload)[0]
    for name in ("paused", "resumed"):
        assert "<@U1>" in render_channel_fact({"name": name, "by": "U1"})[0]
