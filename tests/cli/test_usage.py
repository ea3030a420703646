import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import SETTINGS, route_number

COMMANDS = [
    "demo",
    "serve",
    "migrate",
    "doctor",
    "manifest",
    "history",
    "verify-audit",
    "policy",
    "policy check",
    "policy explain",
]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help(command: str, tmp_path: Path) -> None:
    ended = route_number(*command.split(), "--help", cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"Usage: route-number {command}".rstrip())


def test_help_lists_every_command(tmp_path: Path) -> None:
    out = route_number("--help", cwd=tmp_path).out
    assert all(f"\n  {command.split()[0]} " in out for command in COMMANDS)


@pytest.mark.parametrize("command", [command for command in COMMANDS if " " not in command])
def test_help_says_of_each_command_what_it_says_of_itself(command: str, tmp_path: Path) -> None:
    listed = " ".join(route_number("--help", cwd=tmp_path).out.split())
    own = route_number(command, "--help", cwd=tmp_path).out.split("\n\n")[1]
    assert f"{command} {' '.join(own.split())}" in listed


def test_help_imports_no_command() -> None:
    code = "import sys; from bot.cli.main import main\ntry: main()\nfinally: print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    imported = set(ended.stdout.splitlines()[-1].split())
    assert {"bot.cli.main"} == {name for name in imported if name.startswith("bot.cli.")}
    assert not imported & {"sqlalchemy", "slack_bolt", "pydantic", "alembic", "httpx"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["paint"],
        ["serve", "--only", "kitchen"],
        ["history", "--format", "xml"],
        ["history", "--since", "tomorrowish"],
        ["history", "--change", "twelve"],
        ["history", "--by", "two words"],
        ["manifest", "--url", "http://plain.example"],
        ["manifest", "--url", "https://"],
        ["policy", "check"],
        ["policy", "explain"],
        ["policy", "explain", "+14155550101", "--change", "paint"],
        ["policy", "explain", "+14155550101", "--at", "tomorrowish"],
        ["policy", "explain", "+14155550101", "--at", "9999-01-01"],
        ["demo", "--port", "0"],
    ],
)
def test_wrong_usage_exits_2_without_a_traceback(arguments: list[str], tmp_path: Path) -> None:
    ended = route_number(*arguments, cwd=tmp_path)
    assert ended.code == 2
    assert ended.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", ""),
        ("SLACK_SIGNING_SECRET", ""),
        ("UPONAI_API_TOKEN", ""),
        ("UPONAI_WORKSPACE_ID", "very-secret"),
        ("PORT", "very-secret"),
        ("WORKER_LEASE_SECONDS", "very-secret"),
        ("UPONAI_TIMEOUT_SECONDS", "15"),
        ("DATABASE_URL", "mysql://root:very-secret@host/db"),
        ("DATABASE_URL", "sqlite:///no-such-folder/very-secret/db"),
        ("POLICY_FILE", "no-such-very-secret-file"),
    ],
)
def test_g12_serve_names_a_wrong_setting_in_one_line_without_its_value(name: str, value: str, tmp_path: Path) -> None:
    ended = route_number("serve", cwd=tmp_path, settings={**SETTINGS, name: value})
    assert ended.code == 2
    line = ended.complaint()
    assert name in line
    assert "very-secret" not in line


@pytest.mark.parametrize("command", ["history", "verify-audit", "migrate"])
def test_commands_about_the_database_need_its_setting_alone(command: str, tmp_path: Path) -> None:
    ended = route_number(command, cwd=tmp_path, settings={"DATABASE_URL": "mysql://root:very-secret@host/db"})
    assert ended.code == 2
    assert ended.complaint().startswith("DATABASE_URL must begin with ")


@pytest.mark.parametrize("command", ["history", "verify-audit", "migrate"])
def test_an_unreachable_database_is_one_line(command: str, tmp_path: Path) -> None:
    ended = route_number(command, cwd=tmp_path, settings={"DATABASE_URL": "postgresql://u:very-secret@127.0.0.1:1/db"})
    assert ended.code == 2
    line = ended.complaint()
    assert "DATABASE_URL" in line
    assert "very-secret" not in line


POLICIES = [
    ("quorum = 2\n", 0, "2 other full members"),
    ("", 0, "one other full member"),
    ("quorum = 0\n", 1, "quorum (line 1): It must be a whole number from 1 to 10."),
    ("quorum = true\n", 1, "quorum (line 1): It must be a whole number from 1 to 10."),
    ("quorum = '2'\n", 1, "quorum (line 1): It must be a whole number from 1 to 10."),
    ("quorum = \n", 1, "not TOML"),
    ("approvers = ['U1']\n", 1, "approvers (line 1): There is no such key here."),
    ("[rules]\nquorum = 1\n", 1, "rules (line 1): It must be a list of tables, each headed [[rules]]."),
    ("[[rules]]\nname = 'a'\nwebhook_hosts = ['*']\n", 1, "rules[0].webhook_hosts[0] (line 3): No host matches *"),
]


@pytest.mark.parametrize(("text", "code", "words"), POLICIES)
def test_policy_check_says_in_words_what_a_file_means(text: str, code: int, words: str, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(text)
    ended = route_number("policy", "check", "policy.toml", cwd=tmp_path)
    assert ended.code == code
    assert words in (ended.err if code else ended.out)
    assert len((ended.out + ended.err).splitlines()) == 1


def test_policy_check_of_a_missing_file_is_one_line(tmp_path: Path) -> None:
    ended = route_number("policy", "check", "none.toml", cwd=tmp_path)
    assert ended.code == 1
    assert ended.complaint() == "The policy file cannot be read: No such file or directory."
