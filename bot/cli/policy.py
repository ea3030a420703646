"""`policy check FILE`: read a policy file, and say in words what it means."""

import tomllib
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.exits import CHECK_FAILED, stop
from bot.domain.policy import ApprovalPolicy

app = typer.Typer(help="Look at the policy by which changes are approved.", no_args_is_help=True)

KEYS = ("quorum",)
MOST = 100


class BadPolicy(Exception):
    """A policy file cannot be used; `str(error)` is a sentence without the file's content."""


@app.callback()
def policy() -> None:
    """Look at the policy by which changes are approved."""


@app.command("check")
def check(file: Annotated[Path, typer.Argument(help="The policy file (TOML).", show_default=False)]) -> None:
    """Validate a policy file, and say in words what it means."""
    try:
        found = read_policy(file)
    except BadPolicy as error:
        stop(str(error), code=CHECK_FAILED)
    typer.echo(f"OK: {in_words(found)}")


def read_policy(file: Path | None) -> ApprovalPolicy:
    """Read a policy file; None is the built-in policy.

    Raises:
        BadPolicy: The file cannot be read, or says something that no policy says.
    """
    if file is None:
        return ApprovalPolicy()
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as exc:
        raise BadPolicy(f"The policy file cannot be read: {exc.strerror}.") from exc
    except tomllib.TOMLDecodeError as exc:
        raise BadPolicy(f"The policy file is not TOML: {exc}.") from exc
    except UnicodeDecodeError as exc:
        raise BadPolicy("The policy file is not UTF-8 text.") from exc
    unknown = sorted(set(values) - set(KEYS))
    if unknown:
        raise BadPolicy(
            f"The policy file has keys that this release does not know ({', '.join(unknown)}); it knows quorum."
        )
    quorum = values.get("quorum", ApprovalPolicy().quorum)
    if type(quorum) is not int or not 1 <= quorum <= MOST:
        raise BadPolicy(f"quorum must be a whole number from 1 to {MOST}.")
    return ApprovalPolicy(quorum=quorum)


def in_words(policy: ApprovalPolicy) -> str:
    """Say what a policy means."""
    people = "one other full member" if policy.quorum == 1 else f"{policy.quorum} other full members"
    verb = "approves" if policy.quorum == 1 else "approve"
    return (
        f"a change is applied when {people} of the workspace {verb} it, the requester never counting; "
        "one denial ends it."
    )
