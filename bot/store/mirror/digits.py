"""The digits of numbers: as they are stored, and as people type some of them."""

import re

_WRITTEN_AS_PHONE = re.compile(r"[+\d\s()./-]*\d[\d\s()./-]*")


def only_digits(text: str) -> str:
    """Return the digits of an identifier."""
    return re.sub(r"\D", "", text, flags=re.ASCII)


def searched_digits(text: str) -> list[str]:
    """Return how the digits of `text` can stand inside an international number; none when it is no phone number."""
    if not _WRITTEN_AS_PHONE.fullmatch(text.strip()):
        return []
    digits = only_digits(text.replace("(0)", ""))
    # 0049… is +49…, and the 0 before a national number is not part of the international one.
    return [each for each in dict.fromkeys((digits, digits.removeprefix("00"), digits.removeprefix("0"))) if each]
