import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import UnknownChange
from bot.domain.label import format_label, parse_label


@given(st.integers(min_value=1, max_value=10**18 - 1))
def test_a_name_is_read_as_it_is_written(change_id: int) -> None:
    assert parse_label(format_label(change_id)) == change_id


@pytest.mark.parametrize("text", ["RN-12", "rn-12", " rn 12 ", "RN\u201312", "RN12", "12", "0012"])
def test_a_name_is_read_in_any_common_writing(text: str) -> None:
    assert parse_label(text) == 12


@pytest.mark.parametrize(
    "text", ["", "RN-", "RN-0", "0", "-12", "RN-12a", "RN--12", "RN-1234567890123456789", "\u0661\u0662"]
)
def test_anything_else_names_no_change(text: str) -> None:
    with pytest.raises(UnknownChange, match="RN-12"):
        parse_label(text)
