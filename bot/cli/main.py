"""The command line: `route-number`, the same as `python -m bot`."""

import gc
import os
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

# Where each command is, by the name of its function, and what it says of itself: to list them, none is imported.
# `policy` is a group of commands.
_COMMANDS = {
    "demo": (
        "bot.cli.demo.command",
        "Run the whole bot with stand-ins of Slack (a web page) and UponAI: no account, no token, no network.",
    ),
    "serve": (
        "bot.cli.serve.command",
        "Run the bot: Slack surface and worker in one process, or one of them.",
    ),
    "migrate": (
        "bot.cli.migrate",
        "Bring the database to the newest schema, and say from which to which.",
    ),
    "doctor": (
        "bot.cli.doctor.command",
        "Check settings, database, Slack and UponAI; one line a check.",
    ),
    "manifest": (
        "bot.cli.manifest",
        'Print the Slack app manifest (JSON) to paste at "Create an app from a manifest".',
    ),
    "history": (
        "bot.cli.audit.history",
        "Print the audit record, oldest first, with its head.",
    ),
    "verify-audit": (
        "bot.cli.audit.verify",
        "Recompute the audit chain; exit 1 and the first broken entry when it was tampered with.",
    ),
    "policy": (
        "bot.cli.policy.command",
        "Look at the policy by which changes are approved.",
    ),
}
# A start makes a hundred thousand objects that stay, and a list of as many numbers a million for some seconds. By
# Python's own thresholds they are walked again and again, and nobody is answered meanwhile: so little at once, and all
# of them seldom.
_COLLECTED = (10_000, 5, 1_000)
# Plain help and plain errors: they are read in logs and pipes as well.
_PLAIN: dict[str, Any] = {"add_completion": False, "rich_markup_mode": None, "pretty_exceptions_enable": False}


class _Commands(TyperGroup):
    """The commands, each imported when it is asked for: `serve` has no use for the stand-ins of `demo`."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base class's signature
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the base class's signature
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(_COMMANDS[cmd_name][0])
        one = typer.Typer(**_PLAIN)
        if isinstance(group := getattr(module, "app", None), typer.Typer):
            one.add_typer(group, name=cmd_name)
            return typer.main.get_group(one).commands[cmd_name]
        one.command(cmd_name)(getattr(module, cmd_name.replace("-", "_")))
        return typer.main.get_command(one)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the base class's signature
        """List what there is to be typed."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


app = typer.Typer(name="route-number", no_args_is_help=True, cls=_Commands, **_PLAIN)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(version("route-number"))
        raise typer.Exit


@app.callback()
def _about(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Route the phone numbers of UponAI voice agents from Slack, with a second person's approval."""


def main() -> None:
    """Run the command that was asked for."""
    gc.set_threshold(*_COLLECTED)
    # Pydantic would read the metadata of everything that is installed to find plugins: the bot has none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    app(prog_name="route-number")
