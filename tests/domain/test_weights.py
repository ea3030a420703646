from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.assignment import Field
from bot.domain.errors import InvalidSubmission
from bot.domain.weights import fractions_of, percent_text, plain_digits, whole_percent
from tests.domain.strategies import splits


@given(splits)
def test_g5_any_split_of_100_into_up_to_ten_adds_up_to_exactly_1(percents: list[int]) -> None:
    fractions = fractions_of(percents)
    assert sum(fractions, Decimal(0)) == Decimal(1)
    assert [whole_percent(fraction) for fraction in fractions] == percents
    assert sum((Decimal(plain_digits(fraction)) for fraction in fractions), Decimal(0)) == Decimal(1)


@pytest.mark.parametrize(
    ("percents", "row", "words"),
    [
        ([], None, "at least one"),
        ([0, 100], 0, "from 1 to 100"),
        ([50, -1, 51], 1, "from 1 to 100"),
        ([101], 0, "from 1 to 100"),
        ([60, 30], 1, "90 %"),
        ([10] * 11, 10, "up to 10"),
    ],
)
def test_a_wrong_split_says_where_and_why(percents: list[int], row: int | None, words: str) -> None:
    with pytest.raises(InvalidSubmission, match=words) as raised:
        fractions_of(percents)
    assert raised.value.row == row
    assert raised.value.field is Field.INBOUND


@pytest.mark.parametrize(
    ("weight", "text", "whole"),
    [
        ("0.5", "50 %", 50),
        ("1", "100 %", 100),
        ("0.50", "50 %", 50),
        ("0.33333333", "33.333333 %", None),
        ("0.3333333333333333", "33.33333333333333 %", None),
        ("0.0000001", "0.00001 %", None),
        ("1E-2", "1 %", 1),
        ("0", "0 %", 0),
        ("0.012345678901234567890123456789012345", "1.2345678901234567890123456789012345 %", None),
    ],
)
def test_a_percentage_shows_every_digit_and_no_exponent(weight: str, text: str, whole: int | None) -> None:
    assert percent_text(Decimal(weight)) == text
    assert whole_percent(Decimal(weight)) == whole


@given(st.decimals(0, 1, places=20))
def test_plain_digits_keep_the_value(value: Decimal) -> None:
    text = plain_digits(value)
    assert Decimal(text) == value
    assert "E" not in text.upper()
