import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.assignment import Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.rules.facts import ChangeFacts, ChangeKind, Risk, facts_of, risks_of, with_implied
from bot.domain.rules.people import People, Person
from bot.domain.rules.policy import HeldPolicy, Policy
from bot.domain.rules.rule import Denial, Rule
from tests.domain.rules.strategies import NOW, whole_rules
from tests.domain.strategies import agent_ids, assignments, patches

NUMBER = "+14155550101"
policies = st.builds(
    Policy,
    quorum=st.integers(1, 10),
    denial=st.sampled_from(Denial),
    expires_after=st.none() | st.just(timedelta(hours=8)),
    rules=st.lists(whole_rules, max_size=3, unique_by=lambda rule: rule.name).map(tuple),
)
facts = st.builds(
    ChangeFacts,
    st.sampled_from([NUMBER, "+4930", "ext-1"]),
    st.frozensets(st.sampled_from(ChangeKind)),
    st.frozensets(agent_ids),
)


@given(policies, facts)
def test_json_keeps_what_holds_for_a_change(policy: Policy, about: ChangeFacts) -> None:
    held = policy.holding_for(about)
    assert HeldPolicy.from_json(json.loads(json.dumps(held.to_json()))) == held


@given(policies, facts)
def test_all_rules_that_match_hold_and_without_one_the_top_of_the_file(policy: Policy, about: ChangeFacts) -> None:
    held = policy.holding_for(about)
    matching = [rule for rule in policy.rules if rule.matches(about)]
    assert list(held.rules) == (matching or [Rule(quorum=policy.quorum, denial=policy.denial)])


@given(policies, policies)
def test_policies_that_differ_have_another_hash(one: Policy, other: Policy) -> None:
    assert (one.hash == other.hash) == (one == other)


def test_what_the_former_release_stored_is_read_as_any_other_full_members() -> None:
    held = HeldPolicy.from_json({"quorum": 2})
    assert held.quorum == 2
    assert held.rules_for(Person("U1")) == {""}
    assert held.to_json()["quorum"] == 2


BEFORE = Assignment(inbound=(WeightedAgent("agent_a"),), outbound=(WeightedAgent("agent_o"),))
CASES = [
    (Assignment(inbound=(WeightedAgent("agent_b"),)), Field.INBOUND, {"inbound"}, {"agent_a", "agent_b"}),
    (Assignment(inbound=(WeightedAgent("agent_a", 3),)), Field.INBOUND, {"inbound"}, set()),
    (
        Assignment(inbound=(WeightedAgent("agent_a"), WeightedAgent("agent_b"))),
        Field.INBOUND,
        {"inbound", "split"},
        {"agent_b"},
    ),
    (Assignment(), Field.INBOUND, {"inbound", "no_inbound"}, {"agent_a"}),
    (Assignment(), Field.OUTBOUND, {"outbound", "no_outbound"}, {"agent_o"}),
    (Assignment(outbound=(WeightedAgent("agent_a"),)), Field.OUTBOUND, {"outbound"}, {"agent_a", "agent_o"}),
    (Assignment(webhook_url="https://a.example"), Field.WEBHOOK, {"webhook"}, set()),
    (Assignment(is_time_routing_enabled=True), Field.TIME_ROUTING, {"time_routing"}, set()),
]


@pytest.mark.parametrize(("wanted", "field", "kinds", "agents"), CASES)
def test_rules_see_what_kind_of_change_it_is_and_which_agents_come_and_go(
    wanted: Assignment, field: Field, kinds: set[str], agents: set[str]
) -> None:
    found = facts_of(NUMBER, BEFORE, AssignmentPatch(wanted, frozenset({field})))
    assert (set(map(str, found.kinds)), set(found.agents)) == (kinds, agents)
    planned = facts_of(NUMBER, BEFORE, AssignmentPatch(wanted, frozenset({field})), is_scheduled=True, is_several=True)
    assert set(map(str, planned.kinds)) == {*kinds, "scheduled", "several"}


@given(assignments, patches)
def test_what_a_kind_implies_is_said_too(before: Assignment, patch: AssignmentPatch) -> None:
    kinds = facts_of(NUMBER, before, patch).kinds
    assert with_implied(kinds) == kinds


def test_a_webhook_and_the_last_inbound_agent_are_of_high_risk() -> None:
    nobody = AssignmentPatch(Assignment(webhook_url="https://a.example"), frozenset({Field.INBOUND, Field.WEBHOOK}))
    assert risks_of(BEFORE, nobody) == (Risk.WEBHOOK, Risk.NO_INBOUND)
    assert risks_of(Assignment(webhook_url="https://a.example"), nobody) == ()
    assert risks_of(BEFORE, AssignmentPatch(Assignment(), frozenset({Field.OUTBOUND}))) == ()


@pytest.mark.parametrize(
    ("rule", "is_matching"),
    [
        (Rule(), True),
        (Rule(numbers=("+1415*",)), True),
        (Rule(numbers=("+1416*", NUMBER)), True),
        (Rule(numbers=("+1415555010?",)), True),
        (Rule(numbers=("+1415",)), False),
        (Rule(numbers=("+14155550[0-9]*",)), False),
        (Rule(changes=frozenset({ChangeKind.WEBHOOK, ChangeKind.OUTBOUND})), True),
        (Rule(changes=frozenset({ChangeKind.OUTBOUND})), False),
        (Rule(agents=frozenset({"agent_a"})), True),
        (Rule(agents=frozenset({"agent_z"})), False),
        (Rule(numbers=("+1415*",), changes=frozenset({ChangeKind.OUTBOUND})), False),
    ],
)
def test_a_rule_matches_by_number_kind_and_agent_together(rule: Rule, is_matching: bool) -> None:
    about = ChangeFacts(NUMBER, frozenset({ChangeKind.WEBHOOK}), frozenset({"agent_a"}))
    assert rule.matches(about) is is_matching


def people(*user_ids: str) -> People:
    return People(frozenset(user_ids))


def test_only_who_is_named_by_each_rule_may_override() -> None:
    first, second = Rule(name="a", override=people("U1", "U2")), Rule(name="b", override=people("U2", "U3"))
    held = HeldPolicy(rules=(first, second))
    assert [user for user in ("U1", "U2", "U3") if held.may_override(Person(user))] == ["U2"]
    assert not HeldPolicy(rules=(first, Rule(name="c"))).may_override(Person("U1"))
    assert not HeldPolicy().may_override(Person("U1"))


def test_the_first_rule_that_names_a_channel_says_where_it_is_asked() -> None:
    rules = (Rule(name="a"), Rule(name="b", channel="C2"), Rule(name="c", channel="C3"))
    assert HeldPolicy(rules=rules).channel == "C2"
    assert HeldPolicy().channel is None


def test_who_may_not_ask_is_told_by_which_rule() -> None:
    held = HeldPolicy(rules=(Rule(name="a", requesters=people("U1", "U2")), Rule(name="b", requesters=people("U2"))))
    refusing = [held.rule_refusing_requester(Person(user)) for user in ("U1", "U2", "U3")]
    assert [rule and rule.name for rule in refusing] == ["b", None, "a"]


def test_people_are_found_by_their_groups_and_channels() -> None:
    among = People(groups=frozenset({"S1"}), channels=frozenset({"C1"}))
    assert among.includes(Person("U1", groups=frozenset({"S1", "S2"})))
    assert among.includes(Person("U1", channels=frozenset({"C1"})))
    assert not among.includes(Person("U1", groups=frozenset({"S2"})))
    assert not People().includes(Person("U1"))


WEBHOOKS = [
    ("https://hooks.example.com/x?k=1", True),
    ("https://HOOKS.example.com:8443/x", True),
    ("https://hooks.example.com./x", True),
    ("https://b.a.example.org", True),
    ("https://example.org", False),
    ("https://evilexample.org", False),
    ("https://hooks.example.com.evil.example/", False),
    ("https://hooks.example.com@evil.example/", False),
    ("https://.example.org/", False),
    ("https://[broken", False),
    ("https:///x", False),
]


@pytest.mark.parametrize(("url", "is_allowed"), WEBHOOKS)
def test_every_rule_that_names_hosts_must_allow_a_webhook(url: str, is_allowed: bool) -> None:
    hosts = Rule(name="a", webhook_hosts=("hooks.example.com", "*.Example.org"))
    assert (HeldPolicy(rules=(Rule(name="any"), hosts)).rule_refusing_webhook(url) is None) is is_allowed
    none = Rule(name="b", webhook_hosts=())
    assert HeldPolicy(rules=(hosts, none)).rule_refusing_webhook(url) is (none if is_allowed else hosts)


def test_the_shortest_time_ends_the_wait_and_the_start_at_the_latest() -> None:
    ttl, hour = timedelta(days=1), timedelta(hours=1)
    assert HeldPolicy().expires_at(NOW, ttl) == NOW + ttl
    assert HeldPolicy(expires_after=2 * ttl).expires_at(NOW, ttl) == NOW + 2 * ttl
    rules = (Rule(name="a", expires_after=3 * hour), Rule(name="b", expires_after=2 * hour), Rule(name="c"))
    held = HeldPolicy(rules=rules, expires_after=2 * ttl)
    assert held.expires_at(NOW, ttl) == NOW + 2 * hour
    assert held.expires_at(NOW, ttl, start=NOW + hour) == NOW + hour
    assert held.expires_at(NOW, ttl, start=NOW + 9 * hour) == NOW + 2 * hour
