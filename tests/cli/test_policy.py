import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.slack.workspace.seed import ALAN, AMY, EVE, GUS, OLD_NUMBERS, PHONE_ROUTING, RANDOM
from tests.cli.command import SETTINGS, Ended, route_number
from tests.cli.test_doctor import DoctorHarness

GROUP = "S07APPROVER"
MAIN_LINES = f"""
[names]
"+14155550101" = "Support US"

[[rules]]
name = "Main lines"
numbers = ["+1415*"]
approvers = {{ people = ["{AMY}"], groups = ["{GROUP}"], channels = ["{PHONE_ROUTING}"] }}
quorum = 2
channel = "{PHONE_ROUTING}"
windows = [{{ days = ["mon", "tue", "wed", "thu", "fri"], from = "08:00", to = "18:00", zone = "Europe/Berlin" }}]
freezes = [{{ from = 2026-12-24T00:00:00, to = 2027-01-02T00:00:00, zone = "Europe/Berlin", why = "holidays" }}]

[[rules]]
name = "Webhooks"
changes = ["webhook"]
webhook_hosts = ["*.example.com"]
"""


def check(folder: Path, text: str, *arguments: str, **settings: str) -> Ended:
    (folder / "policy.toml").write_text(text)
    return route_number("policy", "check", "policy.toml", *arguments, cwd=folder, settings=settings)


def explain(folder: Path, text: str, *arguments: str) -> Ended:
    (folder / "policy.toml").write_text(text)
    return route_number("policy", "explain", *arguments, cwd=folder, settings={"POLICY_FILE": "policy.toml"})


def test_check_says_what_each_rule_means_and_for_whom(tmp_path: Path) -> None:
    ended = check(tmp_path, MAIN_LINES)
    assert (ended.code, ended.err) == (0, "")
    assert ended.lines()[0].startswith("OK: a change that no rule matches is applied when one other full member")
    assert "Main lines:" in ended.lines()
    assert "  Changes are sent Monday to Friday from 08:00 to 18:00 (Europe/Berlin)." in ended.lines()
    assert "  A webhook may go to *.example.com only." in ended.lines()


def test_check_lists_everything_that_can_never_hold(tmp_path: Path) -> None:
    text = '[[rules]]\nname = "a"\nquorum = 2\napprovers = { people = ["U1"] }\nwebhook_hosts = ["*"]\n'
    ended = check(tmp_path, text)
    assert (ended.code, ended.out) == (1, "")
    assert [line.split(":")[0] for line in ended.err.splitlines()] == [
        "rules[0].approvers (line 4)",
        "rules[0].webhook_hosts[0] (line 5)",
    ]


def test_check_lists_every_mistake(tmp_path: Path) -> None:
    ended = check(tmp_path, 'quorum = 0\n[[rules]]\nnmae = "a"\n')
    assert (ended.code, ended.out, len(ended.err.splitlines())) == (1, "", 3)


def test_explain_names_rules_approvers_and_the_moment_of_sending(tmp_path: Path) -> None:
    ended = explain(tmp_path, MAIN_LINES, "+1 (415) 555-0101", "--at", "2026-12-24T10:00")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.lines()
    assert lines[0] == "+1 415-555-0101 (Support US), any change:"
    assert "Main lines:" in lines
    assert f"  2 of {AMY}, {GROUP} or the members of {PHONE_ROUTING} must approve, other than the requester." in lines
    assert "  Webhooks: changes of the webhook, of every number." in lines
    assert lines[-2] == "Nobody may override it."
    assert lines[-1] == (
        "Approved at 2026-12-24 10:00 UTC, it is sent at 2027-01-04 07:00 UTC, held back by a freeze of “Main lines” "
        "(holidays)."
    )


def test_explain_tells_of_one_kind_of_change_and_of_numbers_without_a_rule(tmp_path: Path) -> None:
    webhook = explain(tmp_path, MAIN_LINES, "ext-4001", "--change", "webhook", "--at", "2026-12-24T10:00").lines()
    assert webhook[0] == "ext-4001, a change of the webhook:"
    assert "Webhooks:" in webhook
    assert webhook[-1] == "Approved at 2026-12-24 10:00 UTC, it is sent at once."
    split = explain(tmp_path, MAIN_LINES, "ext-4001", "--change", "split").lines()
    assert split[0] == "ext-4001, a change of inbound calls and a split between agents:"
    assert "No rule matches, so the top of the policy holds:" in split
    assert "If nobody decides, it expires after 1 day." in split


def test_explain_says_when_something_is_never_sent(tmp_path: Path) -> None:
    text = "\n".join(
        f'[[rules]]\nname = "{day}"\noverride = {{ people = ["U1"] }}\n'
        f'windows = [{{ days = ["{day}"], from = "08:00", to = "09:00", zone = "UTC" }}]'
        for day in ("mon", "tue")
    )
    lines = explain(tmp_path, text, "ext-4001", "--at", "2026-11-25T10:00").lines()
    assert lines[-2] == "Only who may override each of these rules may override them together."
    assert lines[-1] == (
        "Approved at 2026-11-25 10:00 UTC, it is never sent: "
        "held back by the windows of “mon” and the windows of “tue”."
    )


def test_explain_names_the_setting_of_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    ended = explain(tmp_path, "quorum = 0\n", "ext-4001")
    assert ended.code == 2
    assert ended.complaint() == "POLICY_FILE cannot be used. quorum (line 1): It must be a whole number from 1 to 10."


def test_serve_does_not_start_with_a_policy_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("quorum = 0\n")
    ended = route_number("serve", cwd=tmp_path, settings={**SETTINGS, "POLICY_FILE": "policy.toml"})
    assert ended.code == 2
    assert ended.complaint() == "POLICY_FILE cannot be used. quorum (line 1): It must be a whole number from 1 to 10."


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[DoctorHarness]:
    built = DoctorHarness(tmp_path)
    thread = threading.Thread(target=built.serve)
    thread.start()
    built.wait()
    yield built
    built.end()
    thread.join()


def named(bench: DoctorHarness, user_id: str) -> str:
    return f"{bench.world.users[user_id].real_name} ({user_id})"


def test_slack_gives_the_names_of_people_groups_and_channels(bench: DoctorHarness) -> None:
    ended = check(bench.folder, MAIN_LINES, "--slack", **bench.settings)
    assert (ended.code, ended.err) == (0, "")
    people = f"{named(bench, AMY)}, @routing-approvers ({GROUP}) or the members of #phone-routing ({PHONE_ROUTING})"
    assert f"  2 of {people} must approve, other than the requester." in ended.lines()


def test_slack_shows_who_and_what_is_not_there(bench: DoctorHarness) -> None:
    bench.world.users[ALAN].deleted = True
    people = f'people = ["{ALAN}", "{GUS}", "{EVE}", "U0NOBODY"]'
    text = (
        f'[[rules]]\nname = "a"\nquorum = 2\napprovers = {{ {people}, groups = ["S0NONE"] }}\nchannel = "{RANDOM}"\n'
        f'[[rules]]\nname = "b"\nquorum = 9\napprovers = {{ groups = ["{GROUP}"] }}\nchannel = "{OLD_NUMBERS}"\n'
        '[[rules]]\nname = "c"\nrequesters = { channels = ["C0NONE"] }\n'
    )
    ended = check(bench.folder, text, "--slack", **bench.settings)
    assert (ended.code, ended.out) == (1, "")
    assert sorted(ended.err.splitlines()) == sorted(
        [
            f"rules[0].approvers (line 4): {named(bench, ALAN)} is deactivated.",
            f"rules[0].approvers (line 4): {named(bench, GUS)} is a guest.",
            "rules[0].approvers (line 4): Slack knows nobody with the id U0NOBODY (user_not_found).",
            f"rules[0].approvers (line 4): {named(bench, EVE)} belongs to another workspace.",
            "rules[0].approvers (line 4): Slack knows no user group with the id S0NONE.",
            f"rules[0].channel (line 5): I am not in #random ({RANDOM}); type /invite @route-number there.",
            "rules[0].approvers (line 4): “a” has a quorum of 2, and 0 can approve.",
            f"rules[1].channel (line 10): The channel #old-numbers ({OLD_NUMBERS}) is archived.",
            "rules[1].approvers (line 9): “b” has a quorum of 9, and 2 can approve.",
            "rules[2].requesters (line 13): I cannot look at the channel C0NONE (channel_not_found); am I in there?",
        ]
    )


def test_slack_that_does_not_answer_fails_the_check_in_one_line(tmp_path: Path) -> None:
    ended = check(tmp_path, MAIN_LINES, "--slack", **SETTINGS)
    assert ended.code == 1
    assert ended.complaint() == "I could not look everything up in Slack. Slack cannot be reached."


def test_slack_needs_its_token(tmp_path: Path) -> None:
    ended = check(tmp_path, MAIN_LINES, "--slack")
    assert ended.code == 2
    assert ended.complaint().startswith("SLACK_BOT_TOKEN is not set; ")


def test_doctor_warns_of_what_can_never_hold(bench: DoctorHarness) -> None:
    (bench.folder / "policy.toml").write_text('[[rules]]\nname = "a"\napprovers = {}\n')
    (line,) = [line for line in bench.doctor(POLICY_FILE="policy.toml").lines() if " policy: " in line]
    assert line == ("WARN  policy: one thing in it cannot hold or add nothing. `route-number policy check` names them.")
