"""Webhook addresses: what may be asked for, and what of one may be shown.

The query and the user info of a webhook can hold a secret: nothing that is described here shows them.
"""

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, quote, unquote, unquote_plus, urlsplit

from bot.domain.assignment import Field
from bot.domain.errors import InvalidSubmission
from bot.domain.number import without_invisible

LONGEST = 2000
NO_WEBHOOK = "no webhook"
UNREADABLE = "an address that cannot be read"
QUERY_MARK = "?…"
SHORTEST_HIDDEN = 4
# A mark behind an address belongs to the sentence. Looked for where a word begins alone, as the time to look from each
# letter of it grows with the square of its length; what no scheme can begin with is skipped there.
_ADDRESS = re.compile(r"(?<![a-z0-9+.-])([0-9+.-]*)([a-z][a-z0-9+.-]*://[^\s\"'<>]*[^\s\"'<>.,:;!?)])", re.IGNORECASE)


def parse_webhook_url(text: str) -> str:
    """Return the address, without surrounding spaces.

    Raises:
        InvalidWish: It is not an http or https address that every program reads in the same way.
    """
    url = text.strip()
    if not url:
        raise _invalid("Write the address of the webhook, for example https://example.com/calls.")
    if len(url) > LONGEST:
        raise _invalid(f"The address is {len(url)} characters long; it can have up to {LONGEST}.")
    if any(not "!" <= character <= "~" or character in '\\<>"`{|}^' for character in url):
        # Programs disagree about what such an address means, and look-alike letters could hide its host.
        raise _invalid("The address holds a space or a character that has to be percent-encoded.")
    parts = _split(url)
    if parts is None:
        raise _invalid("This is no address that I can read; write it like https://example.com/calls.")
    if parts.scheme not in ("http", "https"):
        raise _invalid("The address has to start with https:// or http://.")
    if not parts.hostname:
        raise _invalid("The address names no host; write it like https://example.com/calls.")
    return url


def masked(url: str) -> str:
    """Return scheme, host, port and path of an address, and a mark when there is a query."""
    parts = _split(url)
    if parts is None or not parts.scheme or not parts.netloc:
        return UNREADABLE
    host = parts.netloc.rpartition("@")[2]
    shown = without_invisible(f"{parts.scheme}://{host}{parts.path}")
    return f"{shown}{QUERY_MARK}" if parts.query else shown


def hidden_parts(url: str) -> dict[str, str]:
    """Map the texts that must not be repeated of this address to what may stand in their place."""
    spellings = {spelling for part in _secret_parts(url) for spelling in _spellings(part)}
    # A very short part would blot out ordinary words.
    return {url: masked(url), **{part: "…" for part in spellings if len(part) >= SHORTEST_HIDDEN}}


def without_secrets(text: str, *urls: str | None) -> str:
    """Return a text that somebody else wrote, without what must not be repeated of `urls` or of any address in it."""
    hidden = {part.lower(): shown for url in urls if url for part, shown in hidden_parts(url).items()}
    if hidden:
        # The longest is looked for first: its parts are found in it too.
        longest_first = "|".join(re.escape(part) for part in sorted(hidden, key=len, reverse=True))
        # Percent-encoding comes in either case. One pass: what is put in is not looked at again.
        text = re.sub(longest_first, lambda found: hidden.get(found[0].lower(), "…"), text, flags=re.IGNORECASE)
    return _ADDRESS.sub(lambda found: found[1] + masked(found[2]), text)


def describe_webhook(url: str | None) -> tuple[str, ...]:
    """Describe an address in lines for people."""
    return (NO_WEBHOOK,) if url is None else (masked(url),)


def describe_change(before: str | None, after: str | None) -> tuple[str, ...]:
    """Describe the new address in lines for people, and say which of the parts that are not shown changed."""
    lines = describe_webhook(after)
    if before is None or after is None:
        return lines
    old, new = _split(before), _split(after)
    if old is None or new is None:
        return (*lines, "address changed") if before != after and masked(before) == masked(after) else lines
    changes = (
        ("query", old.query, new.query),
        ("user info", _user_info(old), _user_info(new)),
        ("fragment", old.fragment, new.fragment),
    )
    hidden = tuple(_how(name, was, becomes) for name, was, becomes in changes if was != becomes)
    if not hidden and before != after and masked(before) == masked(after):
        hidden = ("spelling changed",)
    return (*lines, *hidden)


def _how(name: str, was: str, becomes: str) -> str:
    if not was:
        return f"{name} added"
    return f"{name} changed" if becomes else f"{name} removed"


def _user_info(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[0]


def _secret_parts(url: str) -> Iterator[str]:
    """Yield what can be secret: query, fragment and user info, whole and value by value."""
    parts = _split(url)
    if parts is None or not parts.netloc:
        # Nobody knows how the far end reads such an address: what looks like user info is taken for it.
        rest, _, fragment = url.partition("#")
        rest, _, query = rest.partition("?")
        user_info = rest.partition("//")[2].rpartition("@")[0].lstrip("/")
    else:
        query, fragment, user_info = parts.query, parts.fragment, _user_info(parts)
    yield from (query, fragment, user_info, *user_info.split(":", 1))
    for pair in re.split("[&;]", f"{query}&{fragment}"):
        name, equals, value = pair.partition("=")
        yield value if equals else name
        yield pair


def _spellings(part: str) -> tuple[str, ...]:
    plain = unquote(part)
    return part, plain, unquote_plus(part), quote(plain, safe="")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _invalid(sentence: str) -> InvalidSubmission:
    return InvalidSubmission(sentence, field=Field.WEBHOOK)
