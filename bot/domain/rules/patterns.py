"""The patterns of a policy: numbers with `*` and `?`, and the hosts of webhooks."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from bot.domain.number import normalise

_GLOB = re.compile(r"[*?]")
_NUMBER_LIKE = re.compile(r"\+?[A-Za-z0-9*?][A-Za-z0-9*?._:@/#-]{0,99}|[+][*?]")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST_PATTERN = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)*{_LABEL}")


def is_glob(pattern: str) -> bool:
    """Say whether a pattern stands for more than one number."""
    return _GLOB.search(pattern) is not None


def number_matches(pattern: str, number: str) -> bool:
    """Say whether a number is meant: `*` stands for any characters, `?` for one."""
    if not is_glob(pattern):
        return pattern == number
    return _compiled(pattern).fullmatch(number) is not None


def is_number_like(pattern: str) -> bool:
    """Say whether a number or an extension identifier can look like this."""
    if _NUMBER_LIKE.fullmatch(pattern) is None:
        return False
    return is_glob(pattern) or not pattern.startswith("+") or normalise(pattern, None) == pattern


def numbers_meet(one: str, other: str) -> bool:
    """Say whether some number can match both patterns; of two globs their beginnings decide."""
    if not is_glob(one):
        return number_matches(other, one)
    if not is_glob(other):
        return number_matches(one, other)
    beginnings = sorted((_GLOB.split(one)[0], _GLOB.split(other)[0]), key=len)
    return beginnings[1].startswith(beginnings[0])


def is_covered_by(pattern: str, wider: str) -> bool:
    """Say whether whatever matches `pattern` certainly matches `wider`."""
    return pattern == wider or (
        wider.count("*") == 1
        and wider.endswith("*")
        and "?" not in wider
        and _GLOB.split(pattern)[0].startswith(wider[:-1])
    )


def is_host_pattern(pattern: str) -> bool:
    """Say whether some host can match."""
    return _HOST_PATTERN.fullmatch(pattern.lower()) is not None


def host_matches(pattern: str, url: str) -> bool:
    """Say whether the host of an address is allowed; `*.example.com` means every host below example.com."""
    if not is_host_pattern(pattern):
        return False
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    wanted = pattern.lower()
    if wanted.startswith("*."):
        return host.endswith(wanted[1:]) and not host.startswith(".")
    return host == wanted


def hosts_meet(one: str, other: str) -> bool:
    """Say whether some host can match both patterns."""
    first, second = sorted((one.lower(), other.lower()), key=lambda pattern: pattern.startswith("*."))
    if first.startswith("*."):
        return first[1:].endswith(second[1:]) or second[1:].endswith(first[1:])
    return host_matches(second, f"https://{first}")


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(character) or re.escape(character) for character in pattern), re.DOTALL)
