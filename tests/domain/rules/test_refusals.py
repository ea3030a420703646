import pytest

from bot.domain.assignment import Field
from bot.domain.errors import InvalidSubmission, NotAllowed
from bot.domain.rules.people import People, Person
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.refusals import (
    refuse_override,
    refuse_requester,
    refuse_reviewer,
    refuse_unreachable,
    refuse_webhook,
)
from bot.domain.rules.rule import Rule

LEADS = People(frozenset({"U1"}), frozenset({"S1"}), frozenset({"C1"}))
STRANGER, LEAD = Person("U9"), Person("U8", groups=frozenset({"S1"}))
MAIN = HeldPolicy(
    rules=(
        Rule(
            name="Main lines",
            approvers=LEADS,
            requesters=LEADS,
            override=LEADS,
            quorum=2,
            webhook_hosts=("a.example", "*.b.example"),
        ),
    )
)
WHO = "<@U1>, <!subteam^S1> or the members of <#C1>"


def test_who_may_not_ask_hears_the_rule_and_who_may() -> None:
    refuse_requester(MAIN, LEAD)
    with pytest.raises(NotAllowed, match=f"^“Main lines” lets only {WHO.replace('^', '.')} ask for this.$"):
        refuse_requester(MAIN, STRANGER)


def test_who_may_not_decide_hears_the_rules_and_who_may() -> None:
    refuse_reviewer(MAIN, LEAD)
    refuse_reviewer(HeldPolicy(rules=(*MAIN.rules, Rule(name="Any"))), STRANGER)
    with pytest.raises(NotAllowed) as caught:
        refuse_reviewer(MAIN, STRANGER)
    assert str(caught.value) == f"You cannot decide about this: for “Main lines” only {WHO} may."


def test_who_may_not_override_hears_who_may() -> None:
    refuse_override(MAIN, LEAD)
    with pytest.raises(NotAllowed) as caught:
        refuse_override(MAIN, STRANGER)
    assert str(caught.value) == f"“Main lines” lets only {WHO} override it."
    with pytest.raises(NotAllowed, match="“Any” lets nobody override it"):
        refuse_override(HeldPolicy(rules=(*MAIN.rules, Rule(name="Any"))), LEAD)
    with pytest.raises(NotAllowed, match="The policy lets nobody override it"):
        refuse_override(HeldPolicy(), LEAD)


def test_a_webhook_elsewhere_is_refused_at_its_field() -> None:
    refuse_webhook(MAIN, None)
    refuse_webhook(MAIN, "https://x.b.example/y")
    with pytest.raises(InvalidSubmission) as caught:
        refuse_webhook(MAIN, "https://secret@c.example/y?secret")
    assert str(caught.value) == "“Main lines” allows only webhooks at a.example or *.b.example."
    assert caught.value.field is Field.WEBHOOK
    with pytest.raises(InvalidSubmission, match="“None” allows no webhook"):
        refuse_webhook(HeldPolicy(rules=(Rule(name="None", webhook_hosts=()),)), "https://a.example")


def test_what_nobody_could_approve_is_refused_with_the_rules_name() -> None:
    refuse_unreachable(MAIN, requester_id="U1", eligible={"Main lines": ["U1", "U2", "U3"]})
    with pytest.raises(NotAllowed) as caught:
        refuse_unreachable(MAIN, requester_id="U1", eligible={"Main lines": ["U1", "U2"]})
    assert str(caught.value) == (
        f"Nobody could get this approved: “Main lines” asks for 2 approvals, by {WHO} without you."
    )
    with pytest.raises(NotAllowed, match="the policy asks for one approval, by a full member of the workspace without"):
        refuse_unreachable(HeldPolicy(), requester_id="U1", eligible={"": ["U1"]})
