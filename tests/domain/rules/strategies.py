"""Random rules, people and moments for the property tests."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bot.domain.policy import Review, Verdict
from bot.domain.rules.facts import ChangeKind
from bot.domain.rules.people import People, Person
from bot.domain.rules.rule import Denial, Rule
from bot.domain.rules.windows import DAYS, Freeze, Window

REQUESTER = "U0"
CROWD = [
    Person(REQUESTER, frozenset({"S1"}), frozenset({"C1"})),
    Person("U1", frozenset({"S1"})),
    Person("U2", frozenset({"S1", "S2"}), frozenset({"C1"})),
    Person("U3", frozenset(), frozenset({"C1"})),
    Person("U4"),
]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]
NAMES = ["Main lines", "Webhooks", "Nights", "Leads", "Holidays"]

people = st.sampled_from(
    [
        People(),
        *(People(frozenset({user_id})) for user_id in ("U1", "U4", REQUESTER)),
        People(frozenset({"U1", "U2", "U3"})),
        People(frozenset({"U4"}), frozenset({"S2"})),
        People(groups=frozenset({"S1"})),
        People(channels=frozenset({"C1"})),
        People(frozenset({"U4"}), frozenset({"S1"}), frozenset({"C1"})),
    ]
)
hours = st.tuples(st.integers(0, 95), st.integers(0, 95)).map(lambda both: (min(both) * 15, max(both) * 15 + 15))
windows = st.builds(
    lambda days, span, zone: Window(tuple(d for bit, d in enumerate(DAYS) if days >> bit & 1), span[0], span[1], zone),
    st.integers(1, 127),
    hours,
    st.sampled_from(ZONES),
)
# Around both shifts of the clocks of the winter.
_FIRST = datetime(2026, 10, 1, tzinfo=UTC)
_MINUTES = 212 * 24 * 60
moments = st.integers(0, _MINUTES * 60).map(lambda seconds: _FIRST + timedelta(seconds=seconds))
freezes = st.builds(
    lambda minute, length, zone: _freeze(_FIRST + timedelta(minutes=minute), timedelta(minutes=length), zone),
    st.integers(0, _MINUTES),
    st.integers(1, 20 * 24 * 60),
    st.sampled_from(ZONES),
)


def _freeze(start: datetime, length: timedelta, zone: str) -> Freeze:
    local = start.replace(tzinfo=None)
    return Freeze(local, local + length, zone, "why")


def named(names: st.SearchStrategy[str], *, is_timed: bool) -> st.SearchStrategy[Rule]:
    """Return rules that differ in who decides and how, and in `is_timed` also in when."""
    timed = {"windows": st.lists(windows, max_size=2).map(tuple), "freezes": st.lists(freezes, max_size=2).map(tuple)}
    return st.builds(
        Rule,
        name=names,
        approvers=st.none() | people,
        quorum=st.integers(1, 3),
        denial=st.sampled_from(Denial),
        **(timed if is_timed else {}),
    )


def sets_of_rules(*, is_timed: bool) -> st.SearchStrategy[tuple[Rule, ...]]:
    return st.lists(
        named(st.sampled_from(NAMES), is_timed=is_timed), min_size=1, max_size=3, unique_by=lambda rule: rule.name
    ).map(tuple)


rule_sets, timed_rule_sets = sets_of_rules(is_timed=False), sets_of_rules(is_timed=True)
one_more = named(st.just("One more"), is_timed=True)
whole_rules = st.builds(
    Rule,
    name=st.sampled_from(NAMES),
    numbers=st.none() | st.just(("+1415*", "ext-1")),
    changes=st.none() | st.frozensets(st.sampled_from(ChangeKind), min_size=1, max_size=2),
    agents=st.none() | st.just(frozenset({"agent_a"})),
    approvers=st.none() | people,
    requesters=st.none() | people,
    quorum=st.integers(1, 3),
    denial=st.sampled_from(Denial),
    expires_after=st.none() | st.just(timedelta(hours=8)),
    channel=st.none() | st.just("C1"),
    webhook_hosts=st.none() | st.just(("a.example", "*.b.example")),
    windows=st.lists(windows, max_size=1).map(tuple),
    freezes=st.lists(freezes, max_size=1).map(tuple),
    override=st.none() | people,
)
reviews = st.lists(
    st.builds(
        Review,
        reviewer_id=st.sampled_from([person.user_id for person in CROWD]),
        verdict=st.sampled_from([Verdict.APPROVE, Verdict.APPROVE, Verdict.APPROVE, Verdict.DENY]),
        revision=st.sampled_from([1, 1, 1, 2]),
        at=st.just(NOW),
        withdrawn_at=st.sampled_from([None, None, None, NOW]),
    ),
    max_size=6,
    unique_by=lambda review: review.reviewer_id,
)
