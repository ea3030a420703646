"""What people read of several numbers that were asked together, for the file of every text."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.assignment import Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.facts import Fact
from bot.domain.key import NumberKey
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.rule import Rule
from bot.domain.since import BundleSince
from bot.domain.state import State, WaitCause
from bot.domain.warnings import Overlap
from bot.service.delivery.lane import BundleShown
from bot.slack.listeners.deny import deny_view
from bot.slack.listeners.revert_form import revert_view
from bot.slack.messages.bundle_card import bundle_card
from bot.slack.messages.bundle_details import bundle_details_view
from bot.slack.messages.bundle_results import results
from bot.slack.messages.bundle_thread import render_bundle_fact
from bot.slack.messages.unmentioned import named_in_thread, unmentioned
from tests.domain.strategies import NOW, change
from tests.slack.messages.reading import lines_of, read

NAMES = {"agent_a": "Sales", "agent_b": "Support"}
BEFORE = Assignment(inbound=(WeightedAgent("agent_a", 3),), is_time_routing_enabled=False)
AFTER = Assignment(inbound=(WeightedAgent("agent_b", 6),), is_time_routing_enabled=True)


def member(id_: int, state: State = State.PENDING, **values: Any) -> ChangeRequest:
    """Make one change of a bundle whose lead is RN-12."""
    made = change(
        before=BEFORE,
        patch=AssignmentPatch(AFTER, frozenset({Field.INBOUND})),
        agent_names=NAMES,
        requester_id="URITA",
        state=state,
    )
    decided = {} if state is State.PENDING else {"decided_by": "UALAN", "decided_at": NOW, "approved_at": NOW}
    ended = {"finished_at": NOW + timedelta(minutes=5)} if state.is_final else {}
    key = NumberKey(made.key.account_sid, made.key.workspace_id, f"+1415555{id_:04}")
    return replace(made, id=id_, bundle_id=12, key=key, **{**decided, **ended, **values})


def bundle(*states: State, **values: Any) -> Bundle:
    """Make a bundle with a change in each of these states."""
    return Bundle(tuple(member(12 + at, state, **values) for at, state in enumerate(states)))


def bundle_texts() -> list[str]:
    pending = bundle(State.PENDING, State.PENDING, State.PENDING)
    two = HeldPolicy(rules=(Rule(name="Main lines", quorum=2),))
    differing = Bundle((*pending.members[:2], replace(pending.members[2], policy=two)))
    mixed = bundle(State.APPLIED, State.STALE, State.APPROVED)
    cards = {
        "pending": BundleShown(pending, overlaps={13: [Overlap("RN-3", frozenset({Field.INBOUND}))]}),
        "what is needed differs": BundleShown(differing),
        "mixed": BundleShown(mixed),
        "denied": BundleShown(bundle(State.DENIED, State.DENIED, decision_reason="Not today")),
    }
    lines: list[str] = []
    for name, shown in cards.items():
        text, blocks = bundle_card(shown)
        lines += [f"-- {name}", f"notification: {read(text)}", *lines_of(blocks)]
    every = bundle(*State, problem="UponAI said no")
    waiting = Bundle(
        (member(12, State.APPROVED, wait_cause=WaitCause.UNAVAILABLE), member(13, State.APPLYING, sent_at=NOW))
    )
    told = {"every state": (every, BundleSince()), "waiting, lost": (waiting, BundleSince())}
    told |= {"reverted": (bundle(State.APPLIED, State.APPLIED), BundleSince(reverted={12: "RN-20", 13: "RN-21"}))}
    for name, (one, since) in told.items():
        text, blocks = unmentioned(results(one, since), named_in_thread(one, {"name": "results"}), {"URITA": "Rita"})
        lines += [f"-- results, {name}", f"notification: {read(text)}", *lines_of(blocks)]
    payloads: dict[Fact, dict[str, Any]] = {
        Fact.LEFT_OUT: {"by": "URITA", "numbers": ["+14155550199", "ext-4001"]},
        Fact.REVIEWED: {"by": "UALAN"},
        Fact.BLOCKED: {"by": "UALAN", "reason": "Not now"},
        Fact.TAKEN_BACK: {"by": "UALAN"},
        Fact.EDITED: {"by": "URITA", "revision": 2, "changed": ["Time routing: on → off"], "void": ["UALAN"]},
        Fact.DENIED: {"by": "UALAN", "reason": "Not today"},
        Fact.CANCELED: {"by": "URITA"},
        Fact.EXPIRED: {"was": "pending"},
    }
    for fact, payload in payloads.items():
        for name, members in (("all", [12, 13, 14]), ("some", [13])):
            shown_fact = render_bundle_fact(pending, {"name": fact.value, "members": members, **payload})
            lines += [f"-- {fact}, {name}", f"notification: {read(shown_fact[0])}", *lines_of(shown_fact[1])]
    for name, view in {
        "details": bundle_details_view(BundleShown(mixed)),
        "revert": revert_view(bundle(State.APPLIED, State.APPLIED)),
        "deny": deny_view(pending),
    }.items():
        lines += [f"-- form, {name}", *lines_of([view])]
    return lines
