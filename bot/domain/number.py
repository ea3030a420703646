"""Numbers as people write them: which listed number somebody means, and how a number is shown.

A number is E.164, or an extension identifier that is kept exactly as the account lists it.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

import phonenumbers

from bot.domain.errors import InvalidNumber
from bot.domain.lookalikes import BLANKS, in_its_place
from bot.domain.shortening import shorten

SHORTEST_ENDING = 3
NAMED_AT_MOST = 5
QUOTED_AT_MOST = 60
# Cards and lists show the same few numbers over and over.
_REMEMBERED = 1024
INVISIBLE = "(an identifier that cannot be seen)"


def without_invisible(text: str) -> str:
    """Drop what no eye sees (marks of direction, zero widths, control characters); any space becomes a plain one."""
    if text.isascii() and text.isprintable():
        return text.strip()
    spaced = "".join(" " if character.isspace() or character in BLANKS else character for character in text)
    return in_its_place("".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))).strip()


def normalise(text: str, default_region: str | None) -> str | None:
    """Return the E.164 form of a phone number in any common writing, None when the text is no phone number."""
    written = without_invisible(text)
    if written[:4].lower() == "tel:":
        written = written[4:].strip()
    if any(character.isalpha() for character in written) and not phonenumbers.is_alpha_number(written):
        # phonenumbers finds digits in any text: it would take the identifier `ext-4001` for the number 4001.
        return None
    if default_region is None:
        # Without a region nobody knows the international prefix; 00 is the one that most of the world dials.
        written = re.sub(r"^\W*00", "+", written)
    try:
        parsed = phonenumbers.parse(written, default_region)
    except phonenumbers.NumberParseException:
        return None
    # Possible, not valid: a number of a range that is newer than the tables must still be readable.
    if parsed.extension or not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def read_number(
    text: str,
    *,
    is_listed: Callable[[str], bool],
    endings: Callable[[str], Sequence[str]],
    default_region: str | None,
) -> str:
    """Return the listed number that the text means.

    A listed identifier exactly as written wins, then the E.164 reading, then the only listed number with that ending
    (`endings` is asked with digits). What starts with a plus is a whole number and no ending.

    Raises:
        InvalidNumber: It means none, or several; the sentence says what it was taken for.
    """
    written = without_invisible(text)
    if not written:
        raise InvalidNumber("Type a number, its last digits or an extension.")
    for exact in (text, text.strip(), written):
        if is_listed(exact):
            return exact
    number = normalise(written, default_region)
    if number is not None and is_listed(number):
        return number
    ending, ended = ("", ()) if written.startswith(("+", "\uff0b")) else _with_ending(written, endings)
    if len(ended) == 1:
        return ended[0]
    if ended:
        raise InvalidNumber(f"{_several(ended)} end in {ending}; write more of the one you mean.")
    if number is not None:
        raise InvalidNumber(f"I read {quoted(written)} as {pretty(number)}, which this account does not list.")
    raise InvalidNumber(
        f"{quoted(written)} is no phone number I can read, and this account lists no identifier like it."
    )


@lru_cache(_REMEMBERED)
def pretty(number: str) -> str:
    """Return a phone number in its international writing; anything else as it is, on one line and all visible."""
    shown = without_invisible(number) or INVISIBLE
    if not number.startswith("+"):
        return shown
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return shown
    if phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) != number:
        return shown
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def quoted(text: str) -> str:
    """Quote what somebody typed, only its beginning when it is long."""
    return f"“{shorten(text, QUOTED_AT_MOST + 1)}”"


def _with_ending(written: str, endings: Callable[[str], Sequence[str]]) -> tuple[str, tuple[str, ...]]:
    """Try the digits as they are, then without the zeros that people dial before a national number."""
    if any(character.isalpha() for character in written):
        return "", ()
    digits = "".join(str(unicodedata.digit(c)) for c in written if c.isdigit())
    for ending in dict.fromkeys((digits, digits.lstrip("0"))):
        if len(ending) >= SHORTEST_ENDING and (ended := tuple(dict.fromkeys(endings(ending)))):
            return ending, ended
    return "", ()


def _several(numbers: Sequence[str]) -> str:
    named = [shorten(pretty(number), QUOTED_AT_MOST + 1) for number in numbers[:NAMED_AT_MOST]]
    if len(numbers) > NAMED_AT_MOST:
        return f"{', '.join(named)} and {len(numbers) - NAMED_AT_MOST} more"
    return f"{', '.join(named[:-1])} and {named[-1]}"
