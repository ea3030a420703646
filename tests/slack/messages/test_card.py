"""The card at a glance: what stands where, that nothing is hidden, and that every card fits."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.assignment import ALL_FIELDS, Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.difference import differences
from bot.domain.policy import Review, Verdict
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.rule import Rule
from bot.domain.state import State, WaitCause
from bot.domain.warnings import Overlap, Standstill
from bot.sandbox.slack.block_kit.blocks import accept_message
from bot.sandbox.slack.block_kit.views import accept_view
from bot.sandbox.slack.block_kit.words import words_of
from bot.slack.block_kit.limits import short_names
from bot.slack.listeners.deny import deny_view
from bot.slack.messages.card import card_blocks, card_text
from bot.slack.messages.change_blocks import TABLE_WIDTH
from tests.domain.strategies import assignments, field_sets
from tests.slack.messages.test_words_of_others import NOW, change_of

MINUS = "\N{MINUS SIGN}"
NAMES = {
    "sales": "Sales",
    "agent_48335": "Support",
    "agent_41111": "support",
    "front": "Front desk",
    "book": "Bookings",
}
SIXTY_FORTY = Assignment((WeightedAgent("sales", 3, Decimal("0.6")), WeightedAgent("agent_48335", 6, Decimal("0.4"))))
SEVENTY_THIRTY = (WeightedAgent("agent_48335", 6, Decimal("0.7")), WeightedAgent("front", None, Decimal("0.3")))


def split_change(**values: Any) -> ChangeRequest:
    wanted = Assignment(SEVENTY_THIRTY, is_time_routing_enabled=True)
    return change_of(
        before=replace(SIXTY_FORTY, is_time_routing_enabled=False),
        patch=AssignmentPatch(wanted, frozenset({Field.INBOUND, Field.TIME_ROUTING})),
        agent_names=NAMES,
        reason="the front desk takes over",
        expires_at=NOW + timedelta(days=1),
        **values,
    )


def lines_of(change: ChangeRequest, **beside: Any) -> list[str]:
    return words_of(card_blocks(change, [], **beside)).splitlines()


def table_of(change: ChangeRequest) -> list[str]:
    parts = [part for block in card_blocks(change, []) for part in block.get("elements", [])]
    [table] = [part for part in parts if part["type"] == "rich_text_preformatted"]
    return "".join(run["text"] for run in table["elements"]).splitlines()


def test_the_change_stands_before_the_reason_and_everything_at_its_place() -> None:
    lines = lines_of(split_change())
    assert lines[:7] == [
        "⏳ RN-1 · +1 415-555-0123",
        "Inbound calls",
        f"{MINUS} 60 %         Sales v3",
        "± 40 % → 70 %  Support v6",
        "+        30 %  Front desk (unpinned)",
        "Time routing   off  →  on",
        "Why: the front desk takes over",
    ]
    assert "Unpinned: the agent's newest version answers" in lines[7]
    assert lines[8].startswith("Asked by <@U0REQUESTER> <!date^")
    assert "anyone here but them can approve · open until <!date^" in lines[8]
    assert lines[9] == "State: pending"


def test_ordinary_names_stay_within_the_width_of_a_phone_and_long_ones_go_on_beneath() -> None:
    assert all(len(line) <= TABLE_WIDTH for line in table_of(split_change()))
    long = {**NAMES, "front": "The front desk of the branch office in the harbour", "agent_41111": "Support"}
    lines = table_of(replace(split_change(), agent_names=long))
    assert lines[2:] == [
        "+        30 %  The front desk of the branch",
        "               office in the harbour",
        "               (unpinned)",
    ]


def test_a_number_without_an_agent_is_shown_as_such() -> None:
    some = replace(split_change(), before=Assignment())
    assert table_of(some)[0] == f"{MINUS} no agent"
    none = replace(split_change(), patch=AssignmentPatch(Assignment(), frozenset({Field.INBOUND})))
    assert table_of(none)[-1] == "+ no agent"


def test_where_no_share_only_moves_one_column_is_enough() -> None:
    wanted = Assignment((WeightedAgent("front", None, Decimal("0.95")), WeightedAgent("book", 2, Decimal("0.05"))))
    change = replace(split_change(), patch=AssignmentPatch(wanted, frozenset({Field.INBOUND})))
    assert table_of(change) == [
        f"{MINUS} 60 %  Sales v3",
        f"{MINUS} 40 %  Support v6",
        "+ 95 %  Front desk (unpinned)",
        "+  5 %  Bookings v2",
    ]


def test_one_agent_for_another_is_one_line_and_what_is_long_is_two() -> None:
    one = change_of(
        before=Assignment((WeightedAgent("sales", 3),)),
        patch=AssignmentPatch(Assignment((WeightedAgent("book", 2),)), frozenset({Field.INBOUND})),
        agent_names=NAMES,
    )
    assert lines_of(one)[1] == "Inbound calls   Sales v3  →  Bookings v2"
    old, new = "https://hooks.example.com/former?k=1", "https://hooks.example.com/former?k=2"
    webhook = change_of(
        before=Assignment(webhook_url=old),
        patch=AssignmentPatch(Assignment(webhook_url=new), frozenset({Field.WEBHOOK})),
    )
    shown = "https://hooks.example.com/former?…"
    assert lines_of(webhook)[2:6] == ["Inbound webhook", f"{MINUS} {shown}", f"+ {shown}", "   query changed"]


def test_high_risk_stands_at_the_top_as_one_line() -> None:
    wanted = Assignment(webhook_url="http://h.example/x")
    change = change_of(
        before=SIXTY_FORTY, patch=AssignmentPatch(wanted, frozenset({Field.INBOUND, Field.WEBHOOK})), agent_names=NAMES
    )
    lines = lines_of(change)
    assert "No agent will answer inbound calls. The webhook can send each call to any agent." in lines[0]
    assert any("without TLS" in line for line in lines[1:])
    assert "High risk: No agent will answer inbound calls." in card_text(change)


def test_other_changes_of_the_number_are_named_and_many_are_counted() -> None:
    overlaps = [Overlap(f"RN-{at}", ALL_FIELDS) for at in range(3, 8)]
    words = "\n".join(lines_of(split_change(), overlaps=overlaps))
    assert "RN-3 also changes Inbound calls and Time routing; approving one ends the other." in words
    assert "2 more open changes overlap" in words


def test_a_card_says_why_since_when_and_until_when_nothing_is_sent() -> None:
    approved = split_change(state=State.APPROVED, decided_by="U0ALAN", decided_at=NOW, apply_before=NOW)
    paused = "\n".join(lines_of(approved, standstill=Standstill("U0ADA", NOW)))
    assert "<@U0ADA> paused sending <!date^" in paused
    assert "RN-1 expires <!date^" in paused
    waiting = replace(approved, wait_cause=WaitCause.UNAVAILABLE, waiting_since=NOW)
    assert "UponAI has not answered since <!date^" in "\n".join(lines_of(waiting))
    assert "paused" not in "\n".join(lines_of(split_change(), standstill=Standstill("U0ADA", NOW)))


@pytest.mark.parametrize("state", [state for state in State if state.is_final])
def test_a_finished_card_shrinks_to_number_change_and_who_decided(state: State) -> None:
    change = split_change(state=state, decided_by="U0ALAN", decided_at=NOW, decision_reason="Not on a Friday")
    lines = lines_of(change, overlaps=[Overlap("RN-3", ALL_FIELDS)])
    assert "the front desk takes over" not in "\n".join(lines)
    assert lines[1:3] == [
        "Inbound calls: 60 % Sales v3 + 40 % Support v6 → 70 % Support v6 + 30 % Front desk (unpinned)",
        "Time routing: off → on",
    ]
    assert ("Why not: Not on a Friday" in lines) == (state is State.DENIED)
    assert lines[-3].startswith("Asked by <@U0REQUESTER> · ")
    assert "by <@U0ALAN>" in lines[-3]
    assert lines[-2:] == [f"State: {state}", "Details"]


def test_with_a_quorum_the_card_counts_and_the_dialog_says_what_follows() -> None:
    change = split_change(policy=HeldPolicy(rules=(Rule(quorum=3),)))
    review = Review("U0ALAN", Verdict.APPROVE, 1, NOW)
    blocks = card_blocks(change, [review])
    assert "1 of 3 approvals · anyone here" in words_of(blocks)
    assert "It takes effect after 1 more approval." in confirm_of(blocks, "Approve")["text"]["text"]


def confirm_of(blocks: list[dict[str, Any]], button: str) -> dict[str, Any]:
    [found] = [element for element in blocks[-1]["elements"] if element["text"]["text"] == button]
    confirm: dict[str, Any] = found["confirm"]
    return confirm


def test_approve_says_the_change_and_cancel_whose_it_is() -> None:
    blocks = card_blocks(split_change(), [])
    approve, cancel = confirm_of(blocks, "Approve"), confirm_of(blocks, "Cancel")
    assert approve["title"]["text"] == "Approve RN-1?"
    assert approve["text"]["text"] == (
        "+1 415-555-0123: 60 % Sales v3 + 40 % Support v6 → 70 % Support v6 + 30 % Front desk (unpinned); "
        "Time routing: off → on. It takes effect at once."
    )
    assert (cancel["title"]["text"], cancel["text"]["text"]) == ("Withdraw RN-1?", "Only its requester can.")
    assert cancel["style"] == "danger"


def test_g11_a_dialog_names_the_fields_where_the_change_has_no_room() -> None:
    names = {**NAMES, "sales": "S" * 59, "front": "F" * 59, "agent_48335": "U" * 59}
    text = confirm_of(card_blocks(replace(split_change(), agent_names=names), []), "Approve")["text"]["text"]
    assert text == (
        "Inbound calls and Time routing of this number will change as the card shows. It takes effect at once."
    )


def test_denying_shows_the_change_above_the_reason() -> None:
    view = deny_view(Bundle((split_change(),)))
    accept_view(view, kind="modal")
    assert "+        30 %  Front desk (unpinned)" in words_of(view["blocks"][:-1])
    assert view["blocks"][-1]["label"]["text"] == "Reason"


@given(assignments, assignments, field_sets)
def test_g11_no_card_hides_a_difference(before: Assignment, wanted: Assignment, fields: frozenset[Field]) -> None:
    patch = AssignmentPatch(wanted, fields).without_unchanged(before)
    change = change_of(before=before, patch=patch)
    blocks = card_blocks(change, [])
    accept_message(card_text(change), blocks)
    words = " ".join(words_of(blocks).split())
    for each in differences(before, change.after, patch.fields, short_names({}), is_rounded=True):
        shown = [share.agent for share in each.shares] or [*each.before, *each.after]
        assert all(line in words for line in shown)
        for share in each.shares:
            for weight in filter(None, (share.before, share.after)):
                assert weight in words


@given(
    st.lists(st.text(max_size=70), min_size=20, max_size=20), st.text(min_size=1, max_size=3000), st.sampled_from(State)
)
def test_g9_every_card_fits_with_ten_agents_for_ten_others(names: list[str], reason: str, state: State) -> None:
    agents = [WeightedAgent(f"agent_{at:034}", at % 3 or None, Decimal("0.1")) for at in range(20)]
    change = change_of(
        before=Assignment(tuple(agents[:10])),
        patch=AssignmentPatch(Assignment(tuple(agents[10:])), frozenset({Field.INBOUND})),
        agent_names={agent.agent_id: name for agent, name in zip(agents, names, strict=True)},
        reason=reason,
        state=state,
    )
    blocks = card_blocks(change, [], overlaps=[Overlap(f"RN-{at}", ALL_FIELDS) for at in range(100)])
    accept_message(card_text(change), blocks)
    accept_view(deny_view(Bundle((change,))), kind="modal")
