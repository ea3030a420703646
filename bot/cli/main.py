"""The command line: `route-number`, the same as `python -m bot`."""

from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

# Where each command is, by the name of its function; `policy` is a group of commands.
_COMMANDS = {
    "demo": "bot.cli.demo.command",
    "serve": "bot.cli.serve.command",
    "migrate": "bot.cli.migrate",
    "doctor": "bot.cli.doctor.command",
    "manifest": "bot.cli.manifest",
    "history": "bot.cli.audit.history",
    "verify-audit": "bot.cli.audit.verify",
    "policy": "bot.cli.policy.command",
}
# Plain help and plain errors: they are read in logs and pipes as well.
_PLAIN: dict[str, Any] = {"add_completion": False, "rich_markup_mode": None, "pretty_exceptions_enable": False}


class _Commands(TyperGroup):
    """The commands, each imported when it is asked for: `serve` has no use for the stand-ins of `demo`."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base class's signature
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the base class's signature
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(_COMMANDS[cmd_name])
        one = typer.Typer(**_PLAIN)
        if isinstance(group := getattr(module, "app", None), typer.Typer):
            one.add_typer(group, name=cmd_name)
            return typer.main.get_group(one).commands[cmd_name]
        one.command(cmd_name)(getattr(module, cmd_name.replace("-", "_")))
        return typer.main.get_command(one)


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
    app(prog_name="route-number")
