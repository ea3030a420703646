"""The policies that README shows are read, can hold, and do what README says of them."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.policy import Decision, Review, Verdict
from bot.domain.rules.evaluation import evaluate
from bot.domain.rules.facts import ChangeFacts, ChangeKind, with_implied
from bot.domain.rules.people import Person
from bot.domain.rules.policy import HeldPolicy, Policy
from bot.domain.rules.sending import next_open
from bot.policy_file.models import PolicyTable, RuleTable
from bot.policy_file.reading import findings_of, read_text

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = README.split("\n## Policy\n")[1].split("\n## ")[0]
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", SECTION, re.DOTALL | re.MULTILINE)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def held(policy: Policy, number: str, *kinds: ChangeKind) -> HeldPolicy:
    return policy.holding_for(ChangeFacts(number, with_implied(kinds)))


def names(found: HeldPolicy) -> list[str]:
    return [rule.name for rule in found.rules]


def decision(found: HeldPolicy, approvers: Iterable[Person]) -> Decision:
    people = list(approvers)
    return evaluate(
        found,
        requester_id="U07RITA",
        revision=1,
        reviews=[Review(person.user_id, Verdict.APPROVE, 1, NOW) for person in people],
        rules_of={person.user_id: found.rules_for(person) for person in people},
        expires_at=NOW + timedelta(days=1),
        due_at=NOW,
        now=NOW,
    ).decision


@pytest.mark.parametrize("text", re.findall(r"^```toml\n(.*?)^```$", README, re.DOTALL | re.MULTILINE))
def test_every_policy_in_readme_can_be_used_as_it_stands(text: str) -> None:
    assert findings_of(read_text(text), text) == ()


def test_readme_shows_a_small_team_main_lines_and_the_sun() -> None:
    assert len(EXAMPLES) == 3


def test_the_small_team_asks_two_people_where_a_mistake_hurts() -> None:
    policy = read_text(EXAMPLES[0])
    usual = held(policy, "+14155550101", ChangeKind.INBOUND)
    risky = held(policy, "+14155550101", ChangeKind.WEBHOOK, ChangeKind.NO_INBOUND)
    one, two = Person("U1"), Person("U2")
    assert names(risky) == ["Webhooks", "Nobody answers"]
    assert decision(usual, [one]) is Decision.APPROVED
    assert decision(risky, [one]) is Decision.UNDECIDED
    assert decision(risky, [one, two]) is Decision.APPROVED
    assert risky.rule_refusing_webhook("https://elsewhere.example/x") is not None
    assert policy.name_of("+14155550102") == "Sales US"


def test_the_main_lines_need_two_leads_and_the_test_numbers_anybody() -> None:
    policy = read_text(EXAMPLES[1])
    main, test = held(policy, "+493012345", ChangeKind.INBOUND), held(policy, "ext-4001", ChangeKind.INBOUND)
    leads = [Person(user, groups=frozenset({"S07VOICELEAD"})) for user in ("U1", "U2")]
    assert decision(main, [leads[0], Person("U3"), Person("U4")]) is Decision.UNDECIDED
    assert decision(main, leads) is Decision.APPROVED
    assert decision(test, [Person("U3")]) is Decision.APPROVED
    assert main.rule_refusing_requester(Person("U3")) is not None
    assert main.rule_refusing_requester(Person("U3", channels=frozenset({"C07VOICEOPS"}))) is None
    webhook = held(policy, "+493012345", ChangeKind.INBOUND, ChangeKind.WEBHOOK)
    assert names(webhook) == ["Main lines", "Webhooks of the main lines"]
    assert webhook.rule_refusing_webhook("https://eu.hooks.example.com/x") is None
    assert [found.may_override(Person("U07ONDUTY")) for found in (main, webhook, test)] == [True, True, False]
    assert (main.channel, test.channel) == ("C07VOICELEADS", None)


@pytest.mark.parametrize(
    ("number", "approved_at", "sent_at"),
    [
        ("+493012345", "2026-11-23T12:00", "2026-11-23T12:00"),
        ("+493012345", "2026-11-27T14:00", "2026-11-30T07:00"),
        ("+14155550101", "2026-11-27T14:00", "2026-11-27T14:00"),
        ("+14155550101", "2026-11-27T23:00", "2026-11-30T14:00"),
        # In the night in between the clocks go back in Berlin, and an hour forward in New York.
        ("+493012345", "2026-10-23T14:00", "2026-10-26T07:00"),
        ("+14155550101", "2027-03-12T23:00", "2027-03-15T13:00"),
        ("+493012345", "2026-12-23T18:00", "2027-01-04T07:00"),
        ("ext-4001", "2026-12-28T09:00", "2027-01-02T00:00"),
    ],
)
def test_the_sun_is_followed(number: str, approved_at: str, sent_at: str) -> None:
    found = held(read_text(EXAMPLES[2]), number, ChangeKind.INBOUND)
    approved, sent = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (approved_at, sent_at))
    assert next_open(found.rules, approved) == sent


def test_readme_names_every_key_and_kind() -> None:
    keys = {field.alias or name for table in (PolicyTable, RuleTable) for name, field in table.model_fields.items()}
    table = "".join(line for line in SECTION.splitlines() if line.startswith("| "))
    assert [key for key in keys - {"names", "rules"} | set(ChangeKind) if f"`{key}`" not in table] == []
