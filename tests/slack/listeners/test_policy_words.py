"""`policy`, and the rules that `show` tells of a number: in plain words, with people as mentions."""

from datetime import datetime, timedelta

from bot.domain.rules.facts import ChangeKind
from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Denial, Rule
from bot.domain.rules.windows import Freeze
from bot.sandbox.slack.block_kit.blocks import accept_message
from bot.sandbox.slack.workspace.seed import ALAN, SUPPORT_OPS
from bot.slack.listeners.replies import in_messages
from bot.slack.messages.policy import policy_blocks, rules_blocks
from tests.slack.bot_harness import BotHarness

NUMBER, OTHER = "+14155550123", "+493012345678"
PEOPLE = People(frozenset({ALAN}), frozenset({"S07APPROVER"}), frozenset({SUPPORT_OPS}))
FROM, TO = datetime.fromisoformat("2026-12-24"), datetime.fromisoformat("2027-01-02")
FREEZE = Freeze(FROM, TO, "Europe/Berlin", f"<@{ALAN}> *is away*")
MAIN = Rule(name="Main lines", numbers=("+1415*",), approvers=PEOPLE, quorum=2, freezes=(FREEZE,))
HOOKS = Rule(name="Webhooks", changes=frozenset({ChangeKind.WEBHOOK}), denial=Denial.BLOCKS)
WHOLE = Policy(rules=(MAIN, HOOKS), expires_after=timedelta(hours=8))


async def test_the_built_in_policy_is_told_in_a_sentence(bot_world: BotHarness) -> None:
    said = await bot_world.type(bot_world.rita, "policy")
    assert said.startswith("The rules that hold now\nA change is applied when one other full member")


async def test_every_rule_is_told_with_its_name_and_its_people(bot_world: BotHarness) -> None:
    bot_world.policies.append(WHOLE)
    said = await bot_world.type(bot_world.rita, "policy")
    assert f"2 of <{ALAN}>, <S07APPROVER> or the members of <{SUPPORT_OPS}> must approve" in said
    for words in ("Main lines", "Webhooks", "it expires after 8 hours", "until it is taken back"):
        assert words in said
    assert bot_world.rita.ephemeral("phone-routing")[-1].text == "The rules that hold now"


async def test_g11_what_a_file_says_is_no_mention(bot_world: BotHarness) -> None:
    bot_world.policies.append(Policy(rules=(Rule(name="Away", freezes=(FREEZE,)),)))
    assert f"<@{ALAN}> *is away*" in await bot_world.type(bot_world.rita, "policy")


async def test_a_number_shows_the_rules_that_can_hold_for_it_and_what_holds_otherwise(bot_world: BotHarness) -> None:
    bot_world.policies.append(WHOLE)
    said = await bot_world.type(bot_world.rita, f"show {NUMBER}")
    assert [word in said for word in ("Main lines", "Webhooks", "Any other change")] == [True, True, False]
    said = await bot_world.type(bot_world.rita, f"show {OTHER}")
    assert [word in said for word in ("Main lines", "Webhooks", "Any other change")] == [False, True, True]


async def test_without_rules_a_number_shows_what_holds_for_any_change(bot_world: BotHarness) -> None:
    said = await bot_world.type(bot_world.rita, f"show {NUMBER}")
    assert "Any change\nOne other full member of the workspace must approve." in said


async def test_policy_stands_alone_and_g10_is_for_members(bot_world: BotHarness) -> None:
    assert "“policy” stands alone" in await bot_world.type(bot_world.rita, "policy please")
    assert "Guests may not" in await bot_world.type(bot_world.gus, "policy")


def test_g9_fifty_of_the_longest_rules_fit_into_messages() -> None:
    freezes = tuple(Freeze(FREEZE.start, FREEZE.end, "UTC", "&" * 200) for _ in range(60))
    people = People(frozenset(f"U{at:040}" for at in range(300)))
    longest = Rule(name="N" * 75, numbers=("9" * 100,) * 300, approvers=people, override=people, freezes=freezes)
    policy = Policy(rules=(longest,) * 50)
    for blocks in (policy_blocks(policy), rules_blocks(policy, "9" * 100)):
        messages = in_messages(blocks)
        for each in messages:
            accept_message("Rules", each)
        assert sum(map(len, messages)) == len(blocks)
