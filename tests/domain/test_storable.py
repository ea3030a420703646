"""What JSON can say and no database can store is replaced, and nothing else."""

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.storable import REPLACEMENT, storable

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


def texts_in(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from texts_in(item)
        case dict():
            yield from texts_in([*value, *value.values()])


def test_texts_lose_what_no_database_takes_and_nothing_else() -> None:
    body = {"a": ["Night\x00 shift", "half \ud83d pair", "ünï 😀"], "b\x00": {"n": 1, "none": None}}
    assert storable(body) == {
        "a": ["Night\ufffd shift", "half \ufffd pair", "ünï 😀"],
        "b\ufffd": {"n": 1, "none": None},
    }


@given(anything)
def test_whatever_comes_is_fit_to_be_stored(value: object) -> None:
    made = storable(value)
    assert not any("\0" in text or text.encode() == b"no UTF-8" for text in texts_in(made))
    assert storable(made) == made


@given(st.text())
def test_what_can_be_stored_stays_as_it_is(text: str) -> None:
    assert storable(text) == text.replace("\0", REPLACEMENT)
