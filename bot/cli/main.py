"""The command line: `route-number`, the same as `python -m bot`."""

from importlib.metadata import version
from typing import Annotated

import typer

from bot.cli import policy
from bot.cli.demo import demo
from bot.cli.doctor import doctor
from bot.cli.history import history
from bot.cli.manifest import manifest
from bot.cli.migrate import migrate
from bot.cli.serve import serve
from bot.cli.verify_audit import verify_audit

app = typer.Typer(
    name="route-number",
    no_args_is_help=True,
    add_completion=False,
    # Plain help and plain errors: they are read in logs and pipes as well.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (demo, serve, migrate, doctor, manifest, history, verify_audit):
    app.command()(command)
app.add_typer(policy.app, name="policy")


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
