"""The form's own reading and writing: what Slack leaves out, what has to fit, what a fill cannot ask for."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.account import ListedAgent
from bot.domain.assignment import Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.state import Origin
from bot.sandbox.slack.block_kit.views import accept_view
from bot.service.lookup import Present
from bot.slack.form import fields as form
from bot.slack.form import option_values
from bot.slack.form.current_assignment import PROBLEM_LIMIT, Shown
from bot.slack.form.entries import Values
from bot.slack.form.fill import fill
from bot.slack.form.state import FormState, Inbound, Meta, Outbound, TimeRouting, Webhook
from bot.slack.form.view import build_view
from bot.slack.listeners.form_choice import with_rows
from tests.domain.strategies import NOW

META = Meta(channel_id="C07PHONE1RT", submission_key="k" * 36, team_id="T07ACME0001")


def filled(patch: Mapping[str, Any]) -> FormState:
    return fill(FormState(meta=META), AssignmentPatch.from_json(patch), {})


def agent_json(agent_id: str, version: int | None = None, weight: str = "1") -> dict[str, Any]:
    return {"agent_id": agent_id, "version": version, "weight": weight}


EVERYTHING = {
    "inbound": [agent_json("a", 3, "0.6"), agent_json("b", None, "0.4")],
    "outbound": [agent_json("c", 0)],
    "webhook_url": "https://example.com/in",
    "is_time_routing_enabled": False,
}


def test_what_slack_leaves_out_is_read_from_the_initial_values() -> None:
    state = filled(EVERYTHING)
    view = build_view(state, Shown())
    assert FormState.read(view["private_metadata"], view["blocks"], {}) == state


def test_what_is_entered_wins_over_the_initial_values_and_an_emptied_field_is_empty() -> None:
    view = build_view(filled(EVERYTHING), Shown())
    values: Values = {
        form.WEBHOOK_URL: {"form.entry": {"type": "url_text_input", "value": None}},
        form.weight_block("r1"): {"form.entry": {"type": "number_input", "value": "70"}},
        form.TIME_ROUTING: {"form.entry": {"type": "radio_buttons", "selected_option": {"value": "on"}}},
    }
    state = FormState.read(view["private_metadata"], view["blocks"], values)
    assert state.webhook_url == ""
    assert state.rows[0].weight == "70"
    assert state.time_routing is TimeRouting.ON
    assert state.rows[1].weight == "40"


def test_a_fill_chooses_what_the_patch_touches_and_nothing_else() -> None:
    state = filled({"webhook_url": None})
    assert state.webhook is Webhook.REMOVE
    assert (state.inbound, state.outbound, state.time_routing) == (Inbound.KEEP, Outbound.KEEP, TimeRouting.KEEP)


def test_a_former_outbound_split_cannot_be_put_back_and_the_form_says_so() -> None:
    state = filled({"outbound": [agent_json("a", 1, "0.5"), agent_json("b", 1, "0.5")]})
    assert state.outbound is Outbound.KEEP
    assert "I cannot put that back" in str(build_view(state, Shown())["blocks"])


@pytest.mark.parametrize("count", [2, 10])
def test_the_largest_form_is_within_slacks_limits(count: int) -> None:
    long = {
        f"{n}{'x' * 220}": option_values.of_agent(ListedAgent(f"{n}{'x' * 220}", "N" * 300, (1,))) for n in range(count)
    }
    weights = [Decimal("0.123456789012345678")] * count
    inbound = tuple(WeightedAgent(agent_id, 7, weight) for agent_id, weight in zip(long, weights, strict=True))
    wanted = Assignment(inbound=inbound, outbound=inbound[:1], webhook_url="https://example.com/" + "p" * 1900)
    state = fill(
        FormState(meta=META, reason="r" * 3000, number=option_values.of_number("sip:" + "n" * 300)),
        AssignmentPatch(wanted, frozenset(Field)),
        long,
    ).with_meta(
        problem="“ß”" * (PROBLEM_LIMIT // 3),
        notes=("outbound_split",),
        origin=Origin.REVERT,
        parent_id=12,
        sequence=99,
        inbound_at=99,
        asked=12345,
        said="s" * 200,
    )
    present = Present("sip:" + "n" * 300, wanted, NOW, dict.fromkeys(long, "N" * 4000), "e" * 5000)
    shown = Shown(present=present, as_of=NOW, problem="p" * PROBLEM_LIMIT, warnings=("w" * 500,) * 8)
    view = build_view(replace(state, focus=form.agent_block(state.rows[-1].id)), shown)
    assert len(view["private_metadata"]) <= 3000
    accept_view(view, kind="modal")
    reread = FormState.read(view["private_metadata"], view["blocks"], {})
    assert [row.agent and row.agent.value for row in reread.rows] == [
        row.agent and row.agent.value for row in state.rows
    ]


def test_rows_follow_the_choice() -> None:
    split = with_rows(FormState(meta=META, inbound=Inbound.SPLIT))
    assert [row.id for row in split.rows] == ["r1", "r2"]
    one = with_rows(FormState(meta=split.meta, inbound=Inbound.ONE, rows=split.rows))
    assert [row.id for row in one.rows] == ["r1"]
    assert with_rows(FormState(meta=one.meta, inbound=Inbound.KEEP, rows=one.rows)).rows == ()
