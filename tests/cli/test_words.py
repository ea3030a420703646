"""The audit record in words, as a terminal shows it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.audit.words import lines_of
from bot.domain.audit import AuditEvent

AGENT = {"agent_id": "agent_1", "version": 3, "weight": "0.333333"}
OTHER = {"agent_id": "agent_2", "version": None, "weight": "1"}


def said(event: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[str]:
    return lines_of(
        AuditEvent(
            at=datetime(2026, 3, 31, tzinfo=UTC),
            team_id="T1",
            actor_id="U1",
            event=event,
            origin="slack:modal",
            before=before,
            after=after,
        )
    )


def test_a_submission_says_of_each_touched_field_what_it_was_and_shall_be() -> None:
    assignment = {"inbound": [AGENT, OTHER], "outbound": [OTHER], "webhook_url": None}
    rules = [{"name": "Main lines", "quorum": 2}, {"name": ""}]
    after = {
        "number": "+14155550101",
        "before": assignment,
        "patch": {"inbound": [OTHER], "webhook_url": "https://hooks.example.com/…"},
        "policy": {"policy_hash": "5cdb", "quorum": 1, "expires_after": None, "rules": rules},
        "parent_id": None,
        "reason": "away",
        "state": "pending",
    }
    assert said("change.submitted", None, after) == [
        "asked for this",
        "number: +14155550101",
        "reason: away",
        "inbound: agent_1 v3 33.3333 %, agent_2 unpinned 100 % → agent_2 unpinned 100 %",
        "webhook_url: nothing → https://hooks.example.com/…",
        "policy.hash: 5cdb",
        "policy.rules: Main lines",
        "policy.quorum: 1",
        "state: pending",
    ]


def test_a_step_says_from_what_to_what_and_what_came_with_it() -> None:
    after = {"state": "applied", "live": {"inbound": [], "is_time_routing_enabled": True}, "problem": None}
    assert said("change.applied", {"state": "applying"}, after) == [
        "read it back from UponAI: it is live",
        "state: applying → applied",
        "live.is_time_routing_enabled: yes",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"agent_id": "a", "version": 1, "weight": "1e999999999"}, "a v1 1e999999999"),
        ({"agent_id": "a", "version": 1, "weight": "Infinity"}, "a v1 Infinity"),
        ({"agent_id": "a", "version": 1, "weight": {"half": 1}}, "a v1 {'half': 1}"),
        ({"agent_id": "a", "version": 1}, "(agent_id a, version 1)"),
    ],
)
def test_what_another_release_or_a_stranger_wrote_is_shown_as_it_stands(value: Any, shown: str) -> None:
    assert said("routing.unheard_of", None, {"x": [value], "policy": "none", "before": 1, "patch": {}}) == [
        f"x: {shown}",
        "policy: none",
        "before: 1",
    ]


leaves = st.text(min_size=1, max_size=9) | st.integers()
trees = st.recursive(leaves, lambda inner: st.lists(inner, min_size=1, max_size=3), max_leaves=5)


@given(st.dictionaries(st.text(max_size=9), trees, max_size=4), st.dictionaries(st.text(max_size=9), trees, max_size=4))
def test_g7_no_value_of_a_step_is_left_out(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    told = "\n".join(said("change.waiting", before, after))
    for value in (*before.values(), *after.values()):
        assert all(leaf in told for leaf in _leaves(value))


def _leaves(value: Any) -> list[str]:
    return [leaf for each in value for leaf in _leaves(each)] if isinstance(value, list) else [str(value)]
