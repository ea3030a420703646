"""Runs the command line as an operator would: in a folder, with these settings and no others."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

from typer.testing import CliRunner

from bot.cli.main import app
from bot.settings import setting_names

SETTINGS = {
    "SLACK_BOT_TOKEN": "xoxb-very-secret",
    "SLACK_SIGNING_SECRET": "signing-very-secret",
    "UPONAI_API_TOKEN": "uponai-very-secret",
    "UPONAI_ACCOUNT_SID": "29e90072-fb58-4c6c-870a-43005115131e",
    "UPONAI_WORKSPACE_ID": "1",
    # Nothing listens there: what needs Slack or UponAI finds them down.
    "SLACK_API_URL": "http://127.0.0.1:1/api/",
    "UPONAI_API_URL": "http://127.0.0.1:1",
}


class Ended:
    """What a command left behind."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    def lines(self) -> list[str]:
        return self.out.splitlines()

    def complaint(self) -> str:
        """Return the one line that the command complained with."""
        assert self.out == ""
        (line,) = self.err.splitlines()
        return line


def route_number(*arguments: str, cwd: Path, settings: Mapping[str, str] | None = None) -> Ended:
    """Run a command in this process; an exception that gets out of it gets out of here."""
    environment = {**dict.fromkeys(setting_names()), **(settings or {})}
    with contextlib.chdir(cwd):
        result = CliRunner().invoke(app, list(arguments), env=environment, prog_name="route-number")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)
