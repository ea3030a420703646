"""Reading a policy file; what is wrong with it are sentences, each with its place."""

import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.domain.rules.findings import findings
from bot.domain.rules.policy import Policy
from bot.policy_file.models import SENTENCE, FreezeTable, PeopleTable, PolicyTable, RuleTable, WindowTable
from bot.policy_file.places import Lines, Place
from bot.policy_file.values import number

_TABLES: dict[str, type[BaseModel]] = {
    "rules": RuleTable,
    "approvers": PeopleTable,
    "requesters": PeopleTable,
    "override": PeopleTable,
    "windows": WindowTable,
    "freezes": FreezeTable,
}
_A_NAME = "a number with its name in quotes, up to 75 characters on one line, without < and >"

# Who reads them mends one after the other.
MOST_PROBLEMS = 50


class BadPolicy(Exception):
    """A policy file cannot be used; each of `problems` is one line with the place and a sentence, the first of many."""

    def __init__(self, *problems: str) -> None:
        more = len(problems) - MOST_PROBLEMS
        self.problems = (*problems[:MOST_PROBLEMS], f"And {more} more.") if more > 0 else problems
        super().__init__(" ".join(self.problems))


def read_policy(file: Path | None) -> Policy:
    """Read a policy file; None is the built-in policy.

    Raises:
        BadPolicy: The file cannot be read, or says something that no policy says.
    """
    return Policy() if file is None else read_text(text_of(file))


def text_of(file: Path) -> str:
    """Return the text of a policy file. Raises BadPolicy."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as exc:
        raise BadPolicy(f"The policy file cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise BadPolicy("The policy file is not UTF-8 text.") from exc


def read_text(text: str) -> Policy:
    """Read the text of a policy file. Raises BadPolicy."""
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as exc:
        raise BadPolicy(f"The policy file is not TOML: {exc}.") from exc
    lines = Lines(text)
    try:
        table = PolicyTable.model_validate(values)
    except ValidationError as exc:
        problems = [f"{lines.describe(place)}: {sentence}" for place, sentence in _problems(exc)]
        raise BadPolicy(*dict.fromkeys(problems)) from None
    twice = [f"{lines.describe(place)}: {sentence}" for place, sentence in _written_twice(table, values)]
    if twice:
        raise BadPolicy(*twice)
    return table.value()


def findings_of(policy: Policy, text: str) -> tuple[str, ...]:
    """Return what a policy says that can never hold or adds nothing, each with its place in the file's text."""
    lines = Lines(text)
    return tuple(f"{lines.describe(finding.place)}: {finding.sentence}" for finding in findings(policy))


def _problems(error: ValidationError) -> Iterator[tuple[Place, str]]:
    for detail in error.errors():
        place: Place = tuple(part for part in detail["loc"] if part != "[key]")
        yield place, _sentence(place, detail)


def _sentence(place: Place, detail: ErrorDetails) -> str:
    if detail["type"] == SENTENCE:
        return detail["msg"]
    key = str(place[-1])
    holder = _table_of(place)
    known = {field.alias or name: field for name, field in holder.model_fields.items()}
    if detail["type"] == "extra_forbidden":
        return f"There is no such key here.{_instead(key, sorted(known))}"
    if detail["type"] == "missing":
        return f"It is missing; it must be {known[key].description}."
    if detail["type"] == "too_short":
        return "It is an empty list; leave it out, or write something into it."
    if place[0] == "names":
        return f"It must be {_A_NAME}."
    named = next((part for part in reversed(place) if part in known), None)
    description = known[str(named)].description if named is not None else None
    if isinstance(place[-1], str) and description is None:
        return 'It must be a table, such as { people = ["U0123456789"] }.'
    if isinstance(place[-1], int) and description is None:
        return f"It must be a table with {', '.join(known)}."
    return f"It must be {description}." if named == place[-1] else f"{named} must be {description}."


def _instead(key: str, known: list[str]) -> str:
    close = get_close_matches(key, known, n=1)
    return f" Did you mean {close[0]}?" if close else f" The keys are {', '.join(known)}."


def _table_of(place: Place) -> type[BaseModel]:
    """Return the table in which the last key of a place stands."""
    holder: type[BaseModel] = PolicyTable
    for position, part in enumerate(place):
        is_inside = position < len(place) - 1
        # A list of tables has its number behind it; a complaint about one of them as a whole ends there.
        if isinstance(part, str) and part in _TABLES and is_inside:
            holder = _TABLES[part]
    return holder


def _written_twice(table: PolicyTable, values: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """Find two rules of one name, and two names of one number."""
    seen: set[str] = set()
    for index, rule in enumerate(table.rules):
        name = rule.name.casefold()
        if name in seen:
            yield (
                ("rules", index, "name"),
                f"Another rule is called “{rule.name}” already; give each its own name.",
            )
        seen.add(name)
    numbers: set[str] = set()
    for written in values.get("names", {}):
        if number(written) in numbers:
            yield ("names", written), "This number has a name already."
        numbers.add(number(written))
