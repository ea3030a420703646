from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.policy import Decision, Review, Verdict
from bot.domain.rules.evaluation import Evaluation, evaluate, unreachable_rule
from bot.domain.rules.facts import ChangeFacts, ChangeKind
from bot.domain.rules.people import People, Person
from bot.domain.rules.policy import HeldPolicy, Policy
from bot.domain.rules.rule import Denial, Rule
from bot.domain.rules.sending import is_open
from bot.domain.rules.windows import DAYS, Window
from tests.domain.rules.strategies import CROWD, NOW, REQUESTER, moments, one_more, reviews, rule_sets, timed_rule_sets

EXPIRES_AT = NOW + timedelta(days=1)
RANK = {Decision.DENIED: 0, Decision.UNDECIDED: 1, Decision.APPROVED: 2}


def result(
    rules: Sequence[Rule], found: Sequence[Review], *, now: datetime = NOW, due_at: datetime = NOW
) -> Evaluation:
    held = HeldPolicy(rules=tuple(rules))
    rules_of = {person.user_id: held.rules_for(person) for person in CROWD}
    return evaluate(
        held,
        requester_id=REQUESTER,
        revision=1,
        reviews=found,
        rules_of=rules_of,
        expires_at=EXPIRES_AT,
        due_at=due_at,
        now=now,
    )


def approval(person: str) -> Review:
    return Review(person, Verdict.APPROVE, 1, NOW)


def denial(person: str) -> Review:
    return Review(person, Verdict.DENY, 1, NOW)


@given(rule_sets, reviews, st.sampled_from(CROWD))
def test_more_approvals_never_make_it_less_approved(
    rules: tuple[Rule, ...], found: list[Review], person: Person
) -> None:
    before = result(rules, found)
    after = result(rules, [*found, approval(person.user_id)])
    assert RANK[after.decision] >= RANK[before.decision]
    assert all(more.missing <= less.missing for more, less in zip(after.progress, before.progress, strict=True))


@given(rule_sets, reviews, st.sampled_from(Verdict))
def test_g1_the_requester_never_counts_for_any_rule(
    rules: tuple[Rule, ...], found: list[Review], verdict: Verdict
) -> None:
    own = Review(REQUESTER, verdict, 1, NOW)
    others = [review for review in found if review.reviewer_id != REQUESTER]
    assert result(rules, [*others, own]) == result(rules, others)


@given(rule_sets, reviews, st.randoms(use_true_random=False))
def test_g3_neither_the_order_of_rules_nor_that_of_reviews_matters(
    rules: tuple[Rule, ...], found: list[Review], random: Random
) -> None:
    shuffled_rules, shuffled_reviews = list(rules), list(found)
    random.shuffle(shuffled_rules)
    random.shuffle(shuffled_reviews)
    first, second = result(rules, found), result(shuffled_rules, shuffled_reviews)
    assert replace(first, progress=()) == replace(second, progress=())
    by_name = [{each.rule.name: each for each in evaluation.progress} for evaluation in (first, second)]
    assert by_name[0] == by_name[1]


@settings(deadline=None)
@given(timed_rule_sets, one_more, reviews, moments)
def test_g1_one_more_rule_never_lets_more_through(
    rules: tuple[Rule, ...], more: Rule, found: list[Review], now: datetime
) -> None:
    before, after = result(rules, found, now=now), result([*rules, more], found, now=now)
    assert RANK[after.decision] <= RANK[before.decision]
    if after.decision is Decision.APPROVED and after.next_at is not None:
        assert before.next_at is not None
        assert after.next_at >= before.next_at


@settings(deadline=None)
@given(timed_rule_sets, reviews, moments, moments)
def test_what_is_approved_is_sent_when_every_rule_lets_it(
    rules: tuple[Rule, ...], found: list[Review], now: datetime, due_at: datetime
) -> None:
    came = result(rules, found, now=now, due_at=due_at)
    if came.decision is Decision.APPROVED and came.next_at is not None:
        assert came.next_at >= max(now, due_at)
        assert is_open(rules, came.next_at)


@given(rule_sets, reviews)
def test_g1_an_approval_has_the_quorum_of_each_rule_from_its_own_approvers(
    rules: tuple[Rule, ...], found: list[Review]
) -> None:
    people = {person.user_id: person for person in CROWD}
    if result(rules, found).decision is not Decision.APPROVED:
        return
    for rule in rules:
        counted = {
            review.reviewer_id
            for review in found
            if review.verdict is Verdict.APPROVE
            and review.revision == 1
            and review.withdrawn_at is None
            and review.reviewer_id != REQUESTER
            and (rule.approvers is None or rule.approvers.includes(people[review.reviewer_id]))
        }
        assert len(counted) >= rule.quorum


@given(rule_sets, reviews)
@example((Rule(name="a", denial=Denial.BLOCKS),), [denial("U1"), approval("U2")])
def test_nothing_passes_while_somebody_who_counts_denies(rules: tuple[Rule, ...], found: list[Review]) -> None:
    held = HeldPolicy(rules=rules)
    counting = {person.user_id for person in CROWD if held.rules_for(person)} - {REQUESTER}
    denied = {r.reviewer_id for r in found if r.verdict is Verdict.DENY and r.revision == 1 and r.withdrawn_at is None}
    if denied & counting:
        assert result(rules, found).decision is not Decision.APPROVED


def test_a_denial_blocks_where_its_rule_says_so_and_passes_once_it_is_taken_back() -> None:
    rules = [Rule(name="Main lines", denial=Denial.BLOCKS)]
    came = result(rules, [denial("U1"), approval("U2")])
    assert (came.decision, came.blocked_by, came.next_at) == (Decision.UNDECIDED, ("U1",), EXPIRES_AT)
    taken_back = replace(denial("U1"), withdrawn_at=NOW)
    assert result(rules, [taken_back, approval("U2")]).decision is Decision.APPROVED


def test_a_denial_ends_it_when_one_of_the_rules_says_so_that_its_reviewer_counts_for() -> None:
    leads = Rule(name="Leads", approvers=People(frozenset({"U1"})), denial=Denial.ENDS)
    everybody = Rule(name="Everybody", denial=Denial.BLOCKS)
    assert result([leads, everybody], [denial("U1")]).decision is Decision.DENIED
    assert result([leads, everybody], [denial("U4")]).decision is Decision.UNDECIDED


def test_one_person_can_count_for_several_rules_and_once_for_each() -> None:
    rules = [Rule(name="a", quorum=2), Rule(name="b", approvers=People(groups=frozenset({"S2"})))]
    came = result(rules, [approval("U2")])
    assert [(each.rule.name, each.approved_by, each.missing) for each in came.progress] == [
        ("a", ("U2",), 1),
        ("b", ("U2",), 0),
    ]
    assert result(rules, [approval("U2"), approval("U1")]).decision is Decision.APPROVED


def test_who_counts_for_no_rule_changes_nothing() -> None:
    rules = [Rule(name="a", approvers=People(frozenset({"U1"})))]
    assert result(rules, [approval("U4"), denial("U3")]) == result(rules, [])


def test_a_rule_that_never_opens_leaves_an_approved_change_without_a_moment() -> None:
    rules = [Rule(name=day, windows=(Window((day,), 0, 60, "UTC"),)) for day in DAYS[:2]]
    came = result(rules, [approval("U1")])
    assert (came.decision, came.next_at) == (Decision.APPROVED, None)


def test_a_quorum_is_out_of_reach_when_too_few_are_left_without_the_requester() -> None:
    pair = Rule(name="Pair", approvers=People(frozenset({"U1", REQUESTER})), quorum=2)
    group = Rule(name="Group", approvers=People(groups=frozenset({"S1"})), quorum=2)
    held = HeldPolicy(rules=(group, pair))
    assert unreachable_rule(held, requester_id="U9", eligible={}) is None
    assert unreachable_rule(held, requester_id=REQUESTER, eligible={}) is pair
    assert unreachable_rule(held, requester_id="U9", eligible={"Group": ["U1", "U9"]}) is group
    assert unreachable_rule(HeldPolicy(), requester_id="U9", eligible={"": ["U9"]}) is not None


@settings(deadline=None)
@given(st.just(()) | rule_sets, one_more, reviews, st.integers(1, 3))
def test_g1_one_more_rule_in_a_policy_never_takes_fewer_approvals_when_it_asks_for_as_many_as_the_top(
    rules: tuple[Rule, ...], more: Rule, found: list[Review], quorum: int
) -> None:
    about = ChangeFacts("+14155550101", frozenset({ChangeKind.INBOUND}))
    approvals = [review for review in found if review.verdict is Verdict.APPROVE]
    more = replace(more, quorum=max(more.quorum, quorum))
    before = Policy(quorum=quorum, rules=rules).holding_for(about)
    after = Policy(quorum=quorum, rules=(*rules, more)).holding_for(about)
    decided = [result(held.rules, approvals).decision for held in (before, after)]
    assert RANK[decided[1]] <= RANK[decided[0]]
