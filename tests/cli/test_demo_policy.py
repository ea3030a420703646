"""The policy file that the demo begins with: it can be used, and it is in nobody's way at the first steps."""

from importlib.resources import files
from pathlib import Path

from bot.cli.demo.main_lines import add_main_lines, policy_file
from bot.domain.rules.facts import ChangeFacts, ChangeKind, with_implied
from bot.policy_file.reading import findings_of, read_text
from bot.sandbox.slack.workspace.seed import demo_world
from bot.sandbox.uponai.account import Account
from bot.sandbox.uponai.seed import fill

TEXT = (files("bot.cli.demo") / "policy.toml").read_text(encoding="utf-8")


def test_the_file_can_be_used_as_it_stands_and_names_people_and_groups_that_are_there() -> None:
    policy, world = read_text(TEXT), demo_world()
    assert findings_of(policy, TEXT) == ()
    ids = {found for rule in policy.rules for each in (rule.approvers, rule.override) if each for found in each.ids}
    assert ids <= {*world.users, *world.usergroups}


def test_only_the_lines_that_it_adds_have_rules() -> None:
    account, policy = Account("sid", 1, None), read_text(TEXT)
    fill(account)
    before = set(account.numbers)
    assert not [number for number in before for rule in policy.rules if rule.matches_number(number)]
    add_main_lines(account)
    held = {
        number: policy.holding_for(ChangeFacts(number, with_implied([ChangeKind.INBOUND]))).quorum
        for number in set(account.numbers) - before
    }
    assert held == {"+18005550100": 2, "+18005550199": 2}


def test_what_somebody_wrote_into_the_file_stays(tmp_path: Path) -> None:
    path = policy_file(tmp_path)
    assert path.read_text(encoding="utf-8") == TEXT
    path.write_text("quorum = 2\n", encoding="utf-8")
    assert policy_file(tmp_path).read_text(encoding="utf-8") == "quorum = 2\n"
