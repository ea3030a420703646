import re

import pytest

from bot.domain import errors
from bot.domain.errors import CannotCheck, DomainError, InvalidNumber, NotAllowed, TooBusy, WrongUsage


def test_the_tree_is_drawn_as_it_is() -> None:
    drawn = re.findall(r"^( *)[*+·] (\w+)", errors.__doc__ or "", re.MULTILINE)
    assert [(len(indent) // 2, name) for indent, name in drawn] == [*tree(errors.TurnedAway), (0, "IllegalTransition")]


def tree(kind: type[Exception], depth: int = 0) -> list[tuple[int, str]]:
    below = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    return [(depth, kind.__name__), *(each for child in below for each in tree(child, depth + 1))]


@pytest.mark.parametrize(("kind", "code"), [(CannotCheck, "not_allowed"), (WrongUsage, "invalid_number")])
def test_the_record_keeps_the_codes_that_it_had(kind: type[DomainError], code: str) -> None:
    assert kind.code == code


def test_an_outage_a_mistyped_command_and_a_full_house_are_each_something_else() -> None:
    assert not issubclass(CannotCheck, NotAllowed)
    assert not issubclass(WrongUsage, InvalidNumber)
    assert not issubclass(TooBusy, DomainError)
