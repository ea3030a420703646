from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.policy import ApprovalPolicy, Decision, Review, Verdict, decide
from tests.domain.strategies import NOW, PEOPLE, REQUESTER, reviews

policies = st.builds(ApprovalPolicy, quorum=st.integers(1, 3))
many = st.lists(reviews, max_size=8)


def decision(policy: ApprovalPolicy, found: list[Review], revision: int = 1) -> Decision:
    return decide(policy, requester_id=REQUESTER, revision=revision, reviews=found)


@given(policies, many.flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_g3_the_order_of_reviews_never_changes_the_decision(
    policy: ApprovalPolicy, orders: tuple[list[Review], list[Review]]
) -> None:
    assert decision(policy, orders[0]) is decision(policy, orders[1])


@given(policies, many, st.sampled_from(Verdict))
def test_g1_the_requester_never_counts(policy: ApprovalPolicy, found: list[Review], verdict: Verdict) -> None:
    own = Review(REQUESTER, verdict, 1, NOW)
    assert decision(policy, [*found, own]) is decision(policy, found)


@given(policies, many, reviews)
def test_withdrawn_reviews_and_those_of_other_revisions_never_count(
    policy: ApprovalPolicy, found: list[Review], review: Review
) -> None:
    before = decision(policy, found)
    assert decision(policy, [*found, replace(review, withdrawn_at=NOW)]) is before
    assert decision(policy, [*found, replace(review, revision=3)]) is before


@given(policies, many, st.sampled_from(PEOPLE))
def test_g1_one_person_counts_once(policy: ApprovalPolicy, found: list[Review], person: str) -> None:
    approval = Review(person, Verdict.APPROVE, 1, NOW)
    assert decision(policy, [*found, approval, approval]) is decision(policy, [*found, approval])


@given(policies, many)
def test_g1_an_approval_needs_the_quorum_of_other_people(policy: ApprovalPolicy, found: list[Review]) -> None:
    approvers = {
        r.reviewer_id
        for r in found
        if r.verdict is Verdict.APPROVE and r.revision == 1 and r.withdrawn_at is None and r.reviewer_id != REQUESTER
    }
    if decision(policy, found) is Decision.APPROVED:
        assert len(approvers) >= policy.quorum
    if len(approvers) < policy.quorum:
        assert decision(policy, found) is not Decision.APPROVED


@given(policies, many, st.sampled_from(PEOPLE))
def test_one_denial_decides(policy: ApprovalPolicy, found: list[Review], person: str) -> None:
    assert decision(policy, [*found, Review(person, Verdict.DENY, 1, NOW)]) is Decision.DENIED


@given(policies)
def test_json_keeps_a_policy(policy: ApprovalPolicy) -> None:
    assert ApprovalPolicy.from_json(policy.to_json()) == policy
