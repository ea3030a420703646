"""Webhook addresses: what may be asked for, and what of one may be shown.

The query and the user info of a webhook can hold a secret: nothing that is described here shows them.
"""

from urllib.parse import SplitResult, urlsplit

from bot.domain.assignment import Field
from bot.domain.errors import InvalidWish
from bot.domain.number import without_invisible

LONGEST = 2000
NO_WEBHOOK = "no webhook"
UNREADABLE = "an address that cannot be read"
QUERY_MARK = "?…"
SHORTEST_HIDDEN = 4


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
    parts = _split(url)
    pieces = [] if parts is None else [parts.query, _user_info(parts), parts.fragment]
    # The whole comes first: its parts are found in it too. A very short part would blot out ordinary words.
    return {url: masked(url), **{piece: "…" for piece in pieces if len(piece) >= SHORTEST_HIDDEN}}


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


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _invalid(sentence: str) -> InvalidWish:
    return InvalidWish(sentence, field=Field.WEBHOOK)
