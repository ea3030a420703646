"""The demo's policy file, and the numbers that its rules are for: what a new user begins with has no rules."""

from importlib.resources import files
from pathlib import Path

from bot.sandbox.uponai.account import Account
from bot.sandbox.uponai.seed import FRONT_DESK, SUPPORT_NIGHT

_LINES = {
    "+18005550100": {"inbound_agents": [{"agent_id": FRONT_DESK, "agent_version": 4, "weight": 1}]},
    "+18005550199": {"inbound_agents": [{"agent_id": SUPPORT_NIGHT, "agent_version": 1, "weight": 1}]},
}


def add_main_lines(account: Account) -> None:
    """Let the account have the numbers that it lacks."""
    for number, fields in _LINES.items():
        if number not in account.numbers:
            account.set_number(number, fields)


def policy_file(folder: Path) -> Path:
    """Return the policy file of a demo's folder; one that is there already is somebody's own."""
    path = folder / "policy.toml"
    if not path.exists():
        path.write_text((files("bot.cli.demo") / "policy.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return path
