"""What an eye sees: names that look alike are told apart, and no text reaches over what stands beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.difference import agent_labels, one_line
from bot.domain.lookalikes import MOST_MARKS, in_its_place, is_doubtful, looks

TWINS = [
    "S\u0430les",  # With a Cyrillic a.
    "\u0405\u0430\u04cf\u0435\u0405",  # All in Cyrillic.
    "\uff33\uff41\uff4c\uff45\uff53",  # Full width.
    "\U0001d412\U0001d41a\U0001d425\U0001d41e\U0001d42c",  # Bold letters of mathematics.
    "Sa1es",
    "SaIes",
    "Sa|es",
    "S\u00e1les",
    "S\u0336a\u0336les",
    "Sa\u034fles",
    "Sa\ufe0fles",
    "Sales\u3164",
    "S a l e s",
]


@pytest.mark.parametrize("twin", TWINS)
def test_g11_two_agents_that_look_alike_are_told_apart_by_their_ids(twin: str) -> None:
    labels = agent_labels({"agent_0001": "Sales", "agent_0002": twin, "agent_0003": "Support"})
    assert labels["agent_0001"] == "Sales …0001"
    assert labels["agent_0002"] == f"{one_line(twin)} …0002"
    assert labels["agent_0003"] == "Support"


@pytest.mark.parametrize(
    "name",
    [
        "S\u0430les",
        "\u041f\u0440\u043e\u0434\u0430\u0436\u0438 EU",
        "\u13da\u13aa\u13de\u13ac\u13da",
        "\u054fales",
        "\u03b1lpha",
    ],
)
def test_g11_a_name_of_letters_that_pass_for_others_bears_its_id_even_alone(name: str) -> None:
    assert is_doubtful(name)
    assert agent_labels({"agent_0002": name}) == {"agent_0002": f"{name} …0002"}


@pytest.mark.parametrize(
    "name",
    ["Sales", "Zoë's Büro", "Отдел продаж", "Πωλήσεις", "営業部 Tokyo", "판매 2", "ขาย", "☎️ Sales 🚑"],
)
def test_names_as_people_write_them_bear_no_id(name: str) -> None:
    assert not is_doubtful(name)
    assert agent_labels({"agent_0002": name}) == {"agent_0002": one_line(name)}


def test_a_name_that_was_told_apart_is_not_told_apart_again() -> None:
    once = agent_labels({"agent_0001": "Sales", "agent_0002": "S\u0430les"})
    assert agent_labels(once) == once


@pytest.mark.parametrize("blank", ["\u3164", "\u2800\u2800", "\uffa0", "\u115f\u1160", "\u200b\u2060", "\U000e0041"])
def test_g11_a_name_that_is_drawn_as_nothing_is_none(blank: str) -> None:
    assert agent_labels({"agent_0001": blank}) == {"agent_0001": "agent_0001"}


def test_g11_no_tower_of_marks_stands_over_the_lines_above() -> None:
    tower = "S" + "\u0336\u0321\u0489" * 40 + "ales"
    assert len(one_line(tower)) == len("Sales") + MOST_MARKS
    assert looks(tower) == looks("Sales")
    for written in ("Việt Nam", "שָׁלוֹם", "ผู้ช่วย", "हिन्दी"):
        assert in_its_place(written) == written


@given(st.text(max_size=30))
def test_g11_no_text_reorders_what_stands_beside_it_or_ends_its_line_unseen(text: str) -> None:
    placed = in_its_place(text)
    assert in_its_place(placed) == placed
    assert placed.splitlines() == placed.split("\n")[: len(placed.splitlines())]
    assert not set(placed) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x1b\x00")
    assert looks(text) == looks(placed) == looks(looks(text))


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=30))
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert in_its_place(text) == text
    assert not is_doubtful(text)
