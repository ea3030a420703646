"""Every text that people can get, in one file for reading: every_text.txt beside this one.

`EVERY_TEXT=write pytest -n0 tests/slack/messages/test_every_text.py` makes it anew; read the difference before it is
committed.
"""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.domain.assignment import ALL_FIELDS, Assignment, AssignmentPatch, WeightedAgent
from bot.domain.audit import AuditEvent, chain
from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.difference import TITLES
from bot.domain.events import Event
from bot.domain.facts import Fact
from bot.domain.outside import MovedOutside
from bot.domain.overriding import Override
from bot.domain.rules.people import People
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.rule import Rule
from bot.domain.since import Since
from bot.domain.state import FollowUp, Origin, State, WaitCause
from bot.domain.warnings import Overlap, Standstill
from bot.domain.weights import fractions_of
from bot.service.context import WORKER_ID
from bot.service.history import Listing, Overview, Paused, Pending, Record
from bot.service.lookup import Present
from bot.service.outside.showing import Shown
from bot.slack import failures
from bot.slack.form import current_assignment
from bot.slack.form.entries import Row
from bot.slack.form.schedule import PutBack, Timing, When
from bot.slack.form.state import FormState, Inbound, Meta, Outbound, TimeRouting, Webhook
from bot.slack.form.view import NOTES, build_view
from bot.slack.listeners.deny import deny_view
from bot.slack.messages import no_channel
from bot.slack.messages.card import card_blocks, card_text
from bot.slack.messages.details import details_view
from bot.slack.messages.direct import bundle_message, requester_message
from bot.slack.messages.fallback import plain_card, plain_fact
from bot.slack.messages.help import help_blocks
from bot.slack.messages.home import Home, home_blocks
from bot.slack.messages.lists import pending_blocks, recent_blocks
from bot.slack.messages.outside import outside_message, plain_outside
from bot.slack.messages.override import override_view
from bot.slack.messages.reminder import reminder_message
from bot.slack.messages.sending import pause_view
from bot.slack.messages.thread import render_channel_fact, render_fact
from bot.slack.messages.unmentioned import named_in_channel, named_in_thread, unmentioned
from bot.store.outside import Notice, OutsideChange
from tests.domain.strategies import NOW, change
from tests.slack.messages.bundle_texts import bundle_texts
from tests.slack.messages.put_back_texts import put_back_texts
from tests.slack.messages.reading import lines_of, read, refusals
from tests.slack.messages.schedule_texts import schedule_texts, scheduled
from tests.slack.messages.test_facts import IN_CHANNELS, SHAPES

FILE = Path(__file__).with_name("every_text.txt")
CALLED = {"URITA": "Rita", "UALAN": "Alan"}
NAMES = {"agent_a": "Sales", "agent_b": "Support", "agent_c": "Front desk"}
BEFORE = Assignment(
    inbound=(WeightedAgent("agent_a", 3),), outbound=(WeightedAgent("agent_a", 2),), is_time_routing_enabled=False
)
WEIGHTS = fractions_of([70, 30])
AFTER = Assignment(
    inbound=(WeightedAgent("agent_b", 6, WEIGHTS[0]), WeightedAgent("agent_c", None, WEIGHTS[1])),
    webhook_url="http://hooks.example.com/in?key=1",
    is_time_routing_enabled=True,
)
_BY_WORKER = {
    *(Event.APPLIED, Event.FAILED, Event.STALE, Event.UNCLEAR, Event.EXPIRED),
    *(Event.SENDING, Event.RELEASED, Event.WAITING, Event.ANSWER_LOST),
    *(Event.PUT_BACK_PLANNED, Event.PUT_BACK_COVERED),
}
OVERRIDABLE = HeldPolicy(rules=(Rule(name="Main lines", override=People(frozenset({"UADA"}))),))
PAUSED = Paused("UADA", NOW, "The line is down", "C1", 2)


def sample(state: State, **values: Any) -> ChangeRequest:
    later = NOW + timedelta(minutes=5)
    decided = {} if state in (State.PENDING, State.EXPIRED, State.STALE) else {"decided_by": "UALAN", "decided_at": NOW}
    ended: dict[str, Any] = {"finished_at": later} if state.is_final else {}
    if state is State.DENIED:
        ended["decision_reason"] = "Not today"
    if state is State.APPROVED:
        ended["apply_before"] = later
    made = change(
        before=BEFORE, patch=AssignmentPatch(AFTER, ALL_FIELDS), agent_names=NAMES, requester_id="URITA", state=state
    )
    return replace(made, **{**decided, **ended, **values})


def _facts() -> list[str]:
    lines: list[str] = []
    for fact in Fact:
        payload = {"name": fact.value, "at": NOW.isoformat(), **SHAPES[fact].to_json()}
        one = sample(State.UNCLEAR)
        message = render_channel_fact(payload) if fact in IN_CHANNELS else render_fact(one, payload)
        named = named_in_channel(payload) if fact in IN_CHANNELS else named_in_thread(Bundle((one,)), payload)
        text, blocks = unmentioned(message, named, CALLED)
        lines += [f"-- {fact}", f"notification: {read(text)}", *lines_of(blocks)]
    lines += _beside()
    for name, since in (
        (Fact.APPLIED, Since(reverted_by="RN-13")),
        (Fact.CANCELED, Since(asked_again_as="RN-13", asked_again_by="URITA")),
        (Fact.UNCLEAR, Since(is_overtaken=True)),
        (Fact.OVERRIDDEN, Since(reviewed_by="UADA")),
    ):
        payload = {"name": name.value, "at": NOW.isoformat(), **SHAPES[name].to_json()}
        lines += [f"-- {name}, later", *lines_of(render_fact(sample(State.UNCLEAR), payload, since)[1])]
    for state in (State.RESOLVED, State.APPLIED, State.STALE, State.EXPIRED):
        done = sample(state, follow_up=FollowUp.TRY_AGAIN, follow_up_by="UADA")
        payload = {"name": "unclear", "at": NOW.isoformat(), **SHAPES[Fact.UNCLEAR].to_json()}
        lines += [f"-- unclear, then {state}", *lines_of(render_fact(done, payload)[1])[-1:]]
    return lines


def _beside() -> list[str]:
    rules = (
        Rule(name="Main lines", approvers=People(groups=frozenset({"SLEADS"})), quorum=2),
        Rule(name="Many", approvers=People(frozenset(f"U{at}" for at in range(6)))),
    )
    waiting = sample(State.PENDING)
    reminders = {
        "built-in policy": reminder_message([waiting], {}),
        "rules": reminder_message([replace(waiting, policy=HeldPolicy(rules=rules)), waiting], {}),
    }
    later = NOW + timedelta(hours=1)
    told = {str(state): sample(state, problem="Words of others", result=AFTER) for state in State}
    told |= {"expired, approved": sample(State.EXPIRED, decided_at=NOW)}
    told |= {"approved, later": sample(State.APPROVED, approved_at=NOW, due_at=later)}
    told |= {"applied, overridden": sample(State.APPLIED, overridden_at=NOW, result=AFTER)}
    approved = replace(told["approved"], approved_at=NOW)
    untold = (State.PENDING, State.CANCELED, State.APPLYING)
    directs = {
        f"to the requester, {name}": requester_message(one, "https://acme.slack.com/x")
        for name, one in told.items()
        if one.state not in untold
    }
    for name, members in {
        "approved": (approved, replace(approved, state=State.APPLIED)),
        "approved in part": (approved, replace(waiting, id=13)),
        "approved, later": (told["approved, later"], told["approved, later"]),
        "denied": (told["denied"], told["denied"]),
        "ended": (told["applied"], told["failed"]),
    }.items():
        directs[f"to the requester, of several, {name}"] = bundle_message(Bundle(members), "https://acme.slack.com/x")
    shown = {f"reminder, {name}": one for name, one in reminders.items()} | directs
    return [
        line
        for name, (text, blocks) in shown.items()
        for line in (f"-- {name}", f"notification: {read(text)}", *lines_of(blocks))
    ]


def _cards() -> list[str]:
    lines: list[str] = []
    overlaps = [Overlap("RN-3", ALL_FIELDS)]
    for state in State:
        one = sample(state)
        shown = card_blocks(one, [], overlaps=overlaps)
        lines += [f"-- {state}", f"notification: {read(card_text(one, overlaps))}", *lines_of(shown)]
    overridden = sample(State.APPROVED, overridden_at=NOW, decision_reason="The line is down")
    lines += ["-- overridden", f"notification: {read(card_text(overridden))}", *lines_of(card_blocks(overridden, []))]
    lines += ["-- can be overridden", *lines_of(card_blocks(sample(State.PENDING, policy=OVERRIDABLE), [])[-1:])]
    waits = [sample(State.APPROVED, wait_cause=cause, waiting_since=NOW) for cause in WaitCause]
    shown_waits = {str(one.wait_cause): card_blocks(one, []) for one in waits}
    shown_waits["paused"] = card_blocks(sample(State.APPROVED), [], standstill=Standstill("UADA", NOW))
    for name, blocks in shown_waits.items():
        lines += [f"-- approved, {name}", *lines_of([one for one in blocks if one.get("block_id") == "waiting"])]
    for made in (plain_card(waits[0]), plain_fact(waits[0])):
        lines += ["-- what Slack cannot show", f"notification: {made[0]}", *lines_of(made[1])]
    return lines


def _story() -> list[str]:
    events = [
        chain(
            AuditEvent(
                at=NOW,
                team_id="T1",
                actor_id=WORKER_ID if event in _BY_WORKER else "UALAN",
                event=event.value,
                origin="test",
            ),
            id=at,
            previous_hash="",
        )
        for at, event in enumerate(Event, start=1)
    ]
    return lines_of([details_view(Record(sample(State.APPLIED), [], events))])


def _lists() -> list[str]:
    listing = Listing([sample(State.PENDING)], {}, has_more=True)
    ended = Listing([sample(state) for state in State])
    later = Listing([scheduled(State.APPROVED)], has_more=True)
    pending = Pending(listing, listing, listing, PAUSED, (1, 1), listing, later)
    empty = Overview(Listing(), Listing(), Listing(), None)
    overridden = Listing([sample(State.APPLIED, overridden_at=NOW, decision_reason="The line is down")])
    made = Override(change_id=12, revision=1, overridden_by="UALAN", reason="The line is down", at=NOW, remind_at=NOW)
    full = Overview(listing, listing, ended, PAUSED, overridden, later, overrides={12: made})
    home = Home(full, "https://acme.slack.com", lambda _: None, asks_where=True, can_resume=True)
    return [
        "-- pending",
        *lines_of(pending_blocks("", pending, listing, lambda _: "It is for another workspace.")),
        "-- history",
        *lines_of(recent_blocks("", "The last changes", ended, lambda _: None, is_of_one=False)),
        "-- Home",
        *lines_of(home_blocks(home)),
        "-- Home, empty",
        *lines_of(home_blocks(replace(home, overview=empty))),
        "-- help",
        *lines_of(help_blocks()),
    ]


def _forms() -> list[str]:
    meta = Meta(channel_id="C1", submission_key="key")
    present = Present("+14155550123", BEFORE, NOW, NAMES, "No route")
    filled = FormState(
        meta=meta.model_copy(update={"asked": 12, "origin": Origin.REVERT, "parent_id": 11, "notes": tuple(NOTES)}),
        inbound=Inbound.SPLIT,
        rows=(Row("r1", weight="60"), Row("r2", weight="50"), Row("r3")),
        outbound=Outbound.ONE,
        webhook=Webhook.SET,
        time_routing=TimeRouting.ON,
        timing=Timing(When.AT, None, PutBack.AT, None),
    ).with_meta(zone="Europe/Berlin")
    views = {
        "empty": build_view(FormState(meta=meta), current_assignment.Shown()),
        "looking": build_view(FormState(meta=meta), current_assignment.Shown(is_looking=True)),
        "filled": build_view(filled, current_assignment.Shown(present=present, as_of=NOW, problem="It is down.")),
        "deny": deny_view(Bundle((sample(State.PENDING),))),
        "override": override_view(Bundle((sample(State.PENDING),))),
        "pause": pause_view("C1"),
    }
    return [line for name, view in views.items() for line in (f"-- {name}", *lines_of([view]))]


def _outside() -> list[str]:
    moved = MovedOutside(sample(State.PENDING).key, BEFORE, AFTER, ALL_FIELDS)
    notice = Notice(
        id=1,
        team_id="T1",
        account_sid=moved.key.account_sid,
        workspace_id=moved.key.workspace_id,
        channel_id="C1",
        seen_at=NOW,
        announced_at=NOW,
        kept_by=None,
        kept_at=None,
    )
    one = Shown(notice, [OutsideChange(1, 1, moved)], 1, NAMES, {moved.key.number: "Support US"})
    notices = {
        "one": one,
        "sent by us once": replace(one, late="RN-12"),
        "kept": replace(one, notice=replace(notice, kept_by="UADA", kept_at=NOW)),
        "many": replace(one, count=1000),
    }
    made = {name: outside_message(each) for name, each in notices.items()}
    made["what Slack cannot show"] = plain_outside(one)
    return [
        line
        for name, (text, blocks) in made.items()
        for line in (f"-- {name}", f"notification: {read(text)}", *lines_of(blocks))
    ]


def _sentences() -> list[str]:
    said = [value for name, value in sorted(vars(failures).items()) if name.isupper() and isinstance(value, str)]
    return [*refusals(), "-- failures", *said, "-- channels", *sorted(set(no_channel.WHY.values()))]


def every_text() -> str:
    parts = {
        "Cards": _cards,
        "Several numbers": bundle_texts,
        "Thread, channels, direct messages": _facts,
        "Schedules": schedule_texts,
        "Put-backs of several numbers": put_back_texts,
        "Details": _story,
        "Lists, Home, help": _lists,
        "Forms": _forms,
        "Changed outside": _outside,
        "Refusals": _sentences,
    }
    return "".join(f"== {name}\n" + "".join(f"{line}\n" for line in part()) + "\n" for name, part in parts.items())


def test_every_text_stands_in_one_file_for_reading() -> None:
    made = every_text()
    if os.environ.get("EVERY_TEXT") == "write":
        FILE.write_text(made, encoding="utf-8")
    assert made == FILE.read_text(encoding="utf-8")


def test_the_file_holds_every_fact_state_and_field() -> None:
    text = FILE.read_text(encoding="utf-8")
    wanted = [*(f"-- {each}" for each in (*Fact, *State)), *TITLES.values()]
    assert [each for each in wanted if each not in text] == []
