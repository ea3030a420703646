"""Random values of the domain for the property tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from bot.domain.assignment import ALL_FIELDS, Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.change import ChangeRequest
from bot.domain.key import NumberKey
from bot.domain.policy import Review, Verdict
from bot.domain.rules.policy import HeldPolicy

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PEOPLE = ["U1", "U2", "U3", "U4"]
REQUESTER = "U0"

agent_ids = st.sampled_from(["agent_a", "agent_b", "agent_c"])
weights = st.integers(1, 100).map(lambda percent: Decimal(percent).scaleb(-2))
agents = st.lists(
    st.builds(WeightedAgent, agent_ids, st.none() | st.integers(0, 3), weights), max_size=4, unique_by=lambda a: a
).map(tuple)
assignments = st.builds(
    Assignment,
    inbound=agents,
    outbound=agents,
    webhook_url=st.none() | st.sampled_from(["https://a.example/x?k=1", "https://a.example/x?k=2"]),
    is_time_routing_enabled=st.booleans(),
)
field_sets: st.SearchStrategy[frozenset[Field]] = st.frozensets(st.sampled_from(sorted(ALL_FIELDS)))
patches = st.builds(AssignmentPatch, assignments, field_sets)
reviews = st.builds(
    Review,
    reviewer_id=st.sampled_from([*PEOPLE, REQUESTER]),
    verdict=st.sampled_from(Verdict),
    revision=st.integers(1, 2),
    at=st.just(NOW),
    withdrawn_at=st.none() | st.just(NOW),
)
# How much of 100 goes to each of up to ten: the places of the cuts say it.
splits = st.sets(st.integers(1, 99), max_size=9).map(
    lambda cuts: [b - a for a, b in zip([0, *sorted(cuts)], [*sorted(cuts), 100], strict=True)]
)


def change(**values: Any) -> ChangeRequest:
    """Return a pending change of the inbound side of one number."""
    wanted = Assignment(inbound=(WeightedAgent("agent_b", 1),))
    defaults: dict[str, Any] = {
        "id": 12,
        "team_id": "T1",
        "key": NumberKey("acc", 1, "+14155550123"),
        "requester_id": REQUESTER,
        "reason": "because",
        "before": Assignment(inbound=(WeightedAgent("agent_a", 1),)),
        "before_at": NOW,
        "patch": AssignmentPatch(wanted, frozenset({Field.INBOUND})),
        "agent_names": {},
        "is_outbound_version_newest": False,
        "policy": HeldPolicy(),
        "channel_id": "C1",
        "submission_key": "key",
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=1),
        "due_at": NOW,
    }
    return ChangeRequest(**{**defaults, **values})
