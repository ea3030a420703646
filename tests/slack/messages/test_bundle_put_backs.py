"""The message of fifty put-backs fits, whatever the numbers are called and whatever went wrong."""

from dataclasses import replace

import pytest

from bot.domain.bundle import Bundle
from bot.domain.key import NumberKey
from bot.domain.since import BundleSince
from bot.domain.state import State
from bot.sandbox.slack.block_kit.blocks import accept_message
from bot.sandbox.slack.block_kit.views import accept_view
from bot.service.delivery.lane import BundleShown
from bot.slack.listeners.edit_reason import edit_reason_view
from bot.slack.listeners.revert_form import revert_view
from bot.slack.messages.bundle_card import bundle_card
from bot.slack.messages.bundle_results import results
from bot.slack.messages.bundle_thread import render_bundle_fact
from tests.slack.messages.bundle_texts import bundle
from tests.slack.messages.put_back_texts import PLAN, put_backs, since


def named(of: Bundle) -> Bundle:
    """Give each number the longest name, of an identifier that is as long."""
    keys = [NumberKey("AC1", 7, f"sip:{at:03}{'&' * 200}") for at, _ in enumerate(of.members)]
    pairs = zip(of.members, keys, strict=True)
    return Bundle(tuple(replace(each, key=key, number_name="<" * 300, reason="&" * 3000) for each, key in pairs))


@pytest.mark.parametrize("state", [State.APPROVED, State.STALE, State.FAILED, State.CANCELED, State.APPLIED])
def test_fifty_put_backs_fit_into_a_message(state: State) -> None:
    of = named(bundle(*[State.APPLIED] * 50))
    accept_message(*render_bundle_fact(of, PLAN, since(*[state] * 50, problem="<&>" * 500)))
    theirs = named(put_backs(*[state] * 50, problem="<&>" * 500))
    accept_message(*bundle_card(BundleShown(theirs)))
    accept_message(*results(theirs))


def test_fifty_numbers_that_were_never_live_fit_into_the_message() -> None:
    of = named(bundle(State.APPLIED, *[State.FAILED] * 49))
    accept_message(*render_bundle_fact(of, PLAN, since(State.APPROVED)))
    accept_message(*render_bundle_fact(of, PLAN, BundleSince()))


def test_the_forms_of_fifty_numbers_fit() -> None:
    of = named(bundle(*[State.PENDING] * 50))
    accept_view(edit_reason_view(of), kind="modal")
    accept_view(revert_view(of, since(*[State.APPROVED] * 50).put_backs), kind="modal")
