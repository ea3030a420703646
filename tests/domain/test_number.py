import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InvalidNumber
from bot.domain.number import normalise, pretty, read_number, without_invisible

LISTED = ["+14155550123", "+14155550145", "+493012345678", "+442079460958", "sip:front-desk/7", "ext-4001", " odd "]


def read(text: str, region: str | None = None, listed: list[str] | None = None) -> str:
    numbers = LISTED if listed is None else listed

    def endings(digits: str) -> list[str]:
        return [n for n in numbers if "".join(c for c in n if c.isdigit()).endswith(digits)]

    return read_number(text, is_listed=numbers.__contains__, endings=endings, default_region=region)


@given(
    st.sampled_from([n for n in LISTED if n.startswith("+")]),
    st.sampled_from(["e164", "international", "national", "rfc", "double zero", "marks", "dots", "wide", "arabic"]),
)
def test_any_writing_of_a_number_becomes_the_same_e164(number: str, writing: str) -> None:
    parsed = phonenumbers.parse(number, None)
    region = phonenumbers.region_code_for_number(parsed)
    international = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    written = {
        "e164": number,
        "international": international,
        "national": phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL),
        "rfc": phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.RFC3966),
        "double zero": f"00{number[1:]}",
        "marks": f"\u2068{international}\u2069\u200b ",
        "dots": international.replace(" ", ".").replace("-", "."),
        "wide": international.translate({ord("0") + i: 0xFF10 + i for i in range(10)}),
        "arabic": international.translate({ord("0") + i: 0x0660 + i for i in range(10)}),
    }[writing]
    assert normalise(written, None if writing == "double zero" else region) == number


@pytest.mark.parametrize(
    "text", ["", "  ", "abc", "ext-4001", "sip:front-desk/7", "12", "+", "+1 415 555 0123 ext 5", "\u200b", "RN-123456"]
)
def test_what_is_no_phone_number_is_none(text: str) -> None:
    assert normalise(text, "US") is None


def test_a_vanity_number_is_a_phone_number() -> None:
    assert normalise("1 800 FLOWERS", "US") == "+18003569377"


@given(st.text(max_size=60), st.sampled_from([None, "US", "DE"]))
def test_any_text_is_listed_or_refused_with_a_sentence(text: str, region: str | None) -> None:
    try:
        outcome = read(text, region)
    except InvalidNumber as refused:
        outcome = str(refused)
    assert outcome in LISTED or outcome.endswith(".")


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("ext-4001", "US", "ext-4001"),
        ("sip:front-desk/7", "US", "sip:front-desk/7"),
        (" sip:front-desk/7\u200b", None, "sip:front-desk/7"),
        (" odd ", None, " odd "),
        ("(415) 555-0123", "US", "+14155550123"),
        ("030 12345678", "DE", "+493012345678"),
        ("030 12345678", None, "+493012345678"),
        ("4930 12345678", "DE", "+493012345678"),
        ("0958", None, "+442079460958"),
        ("4001", "DE", "ext-4001"),
        ("٠١٢٣", None, "+14155550123"),
    ],
)
def test_a_typed_number_is_found(text: str, region: str | None, number: str) -> None:
    assert read(text, region) == number


def test_an_identifier_as_it_is_written_wins_over_its_reading_as_a_phone_number() -> None:
    assert read("4155550123", "US", ["+14155550123", "4155550123"]) == "4155550123"


def test_the_reading_with_the_region_wins_over_an_ending() -> None:
    assert read("2079460958", "US", ["+442079460958", "+12079460958"]) == "+12079460958"


@pytest.mark.parametrize(
    ("text", "region", "words"),
    [
        ("555 123", "DE", "I read “555 123” as +49 5551 23, which this account does not list."),
        ("+1 415 555 9999", None, "which this account does not list."),
        ("abc", "US", "“abc” is no phone number I can read"),
        ("23", None, "is no phone number I can read"),
        ("", None, "Type a number"),
        ("45", None, "is no phone number I can read"),
    ],
)
def test_an_unknown_number_is_refused_with_what_it_was_taken_for(text: str, region: str | None, words: str) -> None:
    with pytest.raises(InvalidNumber) as raised:
        read(text, region)
    assert words in str(raised.value)


def test_several_endings_are_named() -> None:
    with pytest.raises(InvalidNumber) as raised:
        read("123", None, ["+14155550123", "+493055550123"])
    assert str(raised.value) == "+1 415-555-0123 and +49 30 55550123 end in 123; write more of the one you mean."
    many = [f"+1415555{i}123" for i in range(8)]
    with pytest.raises(InvalidNumber, match="and 3 more end in 123"):
        read("123", None, many)


def test_a_whole_number_is_no_ending_of_another_one() -> None:
    with pytest.raises(InvalidNumber, match="does not list"):
        read("+49 30 12345678", None, ["+14930 12345678".replace(" ", "")])


@given(st.text(max_size=30))
def test_pretty_changes_nothing_that_can_be_seen_but_phone_numbers(text: str) -> None:
    shown = pretty(text)
    visible = without_invisible(text)
    assert shown == visible or normalise(shown, None) == text or not visible


@pytest.mark.parametrize("number", ["ext-9\nState: approved", "+1415\u2028State: approved", "ext\u200b-9", "\u200b"])
def test_g11_a_number_is_shown_on_one_line_without_what_nobody_sees(number: str) -> None:
    shown = pretty(number)
    assert shown.isprintable()
    assert len(shown.splitlines()) == 1
