"""What people read of the put-backs of several numbers, for the file of every text."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.bundle import Bundle
from bot.domain.facts import Fact, PutBackEnded, PutBackPlanned
from bot.domain.since import BundleSince, PutBackSince
from bot.domain.state import Origin, State
from bot.service.delivery.lane import BundleShown
from bot.slack.listeners.edit_reason import edit_reason_view
from bot.slack.listeners.revert_form import revert_view
from bot.slack.messages.bundle_card import bundle_card
from bot.slack.messages.bundle_results import results
from bot.slack.messages.bundle_thread import render_bundle_fact
from bot.slack.messages.direct import bundle_message, requester_message
from bot.slack.messages.thread import render_fact
from bot.slack.messages.thread_parts import Message
from tests.domain.strategies import NOW, change
from tests.slack.messages.bundle_texts import bundle
from tests.slack.messages.reading import lines_of, read

HOUR = timedelta(hours=1)
PLAN = {
    "name": Fact.PUT_BACK.value,
    "at": NOW.isoformat(),
    "of_all": 12,
    **PutBackPlanned(change="RN-42", sent_from=(NOW + HOUR).isoformat()).to_json(),
}


def since(*states: State, **values: str) -> BundleSince:
    """Say that the first changes of a bundle have put-backs in these states."""
    found = [
        PutBackSince(id=42 + at, state=state, sent_from=NOW + HOUR, decided_by="UADA", **values)
        for at, state in enumerate(states)
    ]
    return BundleSince(put_backs={12 + at: each for at, each in enumerate(found)})


def put_backs(*states: State, problem: str | None = None) -> Bundle:
    """Make the put-backs of a bundle, one in each of these states."""
    made = bundle(*states, problem=problem).members
    return Bundle(
        tuple(
            replace(each, id=each.id + 30, bundle_id=42, origin=Origin.PUT_BACK, parent_id=each.id, due_at=NOW + HOUR)
            for each in made
        )
    )


def put_back_texts() -> list[str]:
    live = bundle(State.APPLIED, State.APPLIED, State.FAILED, State.APPROVED)
    ended = (State.APPLIED, State.APPLYING, State.CANCELED, State.STALE, State.FAILED, State.UNCLEAR)
    every = bundle(*[State.APPLIED] * len(ended))
    later = BundleSince(
        put_backs={**since(State.APPROVED).put_backs, 13: replace(since(State.APPROVED).put_backs[12], id=43)}
    )
    later = replace(later, put_backs={**later.put_backs, 13: replace(later.put_backs[13], sent_from=NOW + 9 * HOUR)})
    shown: dict[str, Message] = {
        "planned": render_bundle_fact(live, PLAN, since(State.APPROVED, State.APPROVED)),
        "planned, one later": render_bundle_fact(live, PLAN, later),
        "ended": render_bundle_fact(every, PLAN, since(*ended, problem="RN-50 was applied first.")),
        "one alone": render_bundle_fact(bundle(State.APPLIED, State.STALE), PLAN, since(State.APPROVED)),
        "card": bundle_card(BundleShown(put_backs(State.APPROVED, State.APPROVED))),
        "card of one": bundle_card(BundleShown(put_backs(State.APPROVED))),
        "card, ended": bundle_card(BundleShown(put_backs(State.APPLIED, State.APPLIED))),
        "results": results(put_backs(State.APPLIED, State.APPROVED, State.CANCELED, State.STALE, problem="Why.")),
        "to the requester": bundle_message(put_backs(State.APPLIED, State.CANCELED), None),
        "one kept, to the requester": requester_message(replace(put_backs(State.CANCELED).lead, bundle_id=None), None),
    }
    for is_later in (False, True):
        told = PutBackPlanned(
            change="RN-42 and 1 more", sent_from=(NOW + is_later * HOUR).isoformat(), by="UADA", count=2
        )
        payload = {"name": Fact.PUT_BACK_NOW.value, "at": NOW.isoformat(), **told.to_json()}
        shown[f"wanted now{', rules closed' if is_later else ''}"] = render_fact(change(), payload)
    for label in ("RN-42", "RN-42 and 1 more"):
        kept = PutBackEnded(change=label, state=State.CANCELED.value, by="UADA", parents=label.replace("42", "12"))
        payload = {"name": Fact.PUT_BACK_ENDED.value, "at": NOW.isoformat(), **kept.to_json()}
        shown[f"{label} kept"] = render_fact(change(), payload)
    forms = {
        "revert": revert_view(bundle(State.APPLIED, State.APPLIED), since(State.APPROVED, State.APPROVED).put_backs),
        "edit the reason": edit_reason_view(bundle(State.PENDING, State.PENDING)),
    }
    shown |= {f"form, {name}": ("", [view]) for name, view in forms.items()}
    return [
        line
        for name, (text, blocks) in shown.items()
        for line in (f"-- {name}", f"notification: {read(text)}", *lines_of(blocks))
    ]
