"""How the text of a setting is read: each function returns the value, or raises what the setting must be.

The sentence fragments follow the variable's name ("PORT must be …") and never contain what was given.
"""

import math
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import phonenumbers
from pydantic import SecretStr

BUILT_IN_POLICY = "built-in"

_LONGEST = timedelta(days=3650)
_CHANNEL = re.compile(r"[CG][A-Z0-9]{1,40}")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_LAST_PORT = 65535


def seconds(value: Any) -> timedelta:
    """Read a duration in seconds, decimals allowed."""
    if isinstance(value, timedelta):
        return value
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not 0 < number <= _LONGEST.total_seconds():
        raise ValueError("must be a number of seconds above 0, decimals allowed")
    return timedelta(seconds=number)


def token(value: Any) -> SecretStr:
    """Read a secret: one word of printable ASCII, as it can stand in a header."""
    text = (value.get_secret_value() if isinstance(value, SecretStr) else str(value)).strip()
    if not _PRINTABLE.fullmatch(text):
        raise ValueError("must be one word without spaces or special characters")
    return SecretStr(text)


def slack_bot_token(value: Any) -> SecretStr:
    """Read the bot token; the other kinds of Slack token are refused by their prefix."""
    secret = token(value)
    if secret.get_secret_value().startswith(("xapp-", "xoxp-", "xoxe")):
        raise ValueError("must be the bot token, which begins with xoxb-, not another kind of Slack token")
    return secret


def slack_app_token(value: Any) -> SecretStr:
    """Read the app-level token; the other kinds of Slack token are refused by their prefix."""
    secret = token(value)
    if secret.get_secret_value().startswith("xox"):
        raise ValueError("must be an app-level token, which begins with xapp-, not another kind of Slack token")
    return secret


def base_url(value: Any) -> str:
    """Read the base address of an API; it ends with a slash, so that paths can be joined."""
    problem = "must be an address such as https://host/path, without user name, query or fragment"
    text = str(value).strip()
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(problem) from None
    if not is_good or parts.username is not None or parts.query or parts.fragment or not _PRINTABLE.fullmatch(text):
        raise ValueError(problem)
    return text.rstrip("/") + "/"


def channel_id(value: Any) -> str:
    """Read the id of a Slack channel."""
    text = str(value).strip()
    if not _CHANNEL.fullmatch(text):
        raise ValueError("must be a channel id such as C0123456789, not a name; it stands at the end of About")
    return text


def account_sid(value: Any) -> str:
    """Read the account's id, which is only ever compared and sent."""
    text = str(value).strip()
    if not _PRINTABLE.fullmatch(text):
        raise ValueError("must be one word without spaces or special characters")
    return text


def whole_number(value: Any) -> int:
    """Read a whole number from 0."""
    text = str(value).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(2**31))):
        raise ValueError("must be a whole number")
    return int(text)


def port(value: Any) -> int:
    """Read a TCP port."""
    text = str(value).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LAST_PORT)) and 0 < int(text) <= _LAST_PORT):
        raise ValueError(f"must be a port from 1 to {_LAST_PORT}")
    return int(text)


def host(value: Any) -> str:
    """Read the address to listen at."""
    text = str(value).strip()
    if not _PRINTABLE.fullmatch(text) or "/" in text:
        raise ValueError("must be a host name or an IP address to listen at")
    return text


def database_url(value: Any) -> SecretStr:
    """Read where the database is; what follows the scheme is read by the store."""
    text = (value.get_secret_value() if isinstance(value, SecretStr) else str(value)).strip()
    # Hosts hand out the short scheme that libpq accepts as well.
    text = re.sub(r"\Apostgres://", "postgresql://", text)
    if not re.match(r"(sqlite:///.|postgresql://.)", text):
        raise ValueError("must begin with sqlite:/// (then a file) or postgresql:// (then user, host and database)")
    return SecretStr(text)


def region(value: Any) -> str:
    """Read an ISO country code that phone numbers are known for."""
    text = str(value).strip().upper()
    if text not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("must be an ISO country code of two letters, such as US or DE")
    return text


def policy_file(value: Any) -> Path | None:
    """Read where the policy is; the words `built-in` mean that there is no file."""
    text = str(value).strip()
    return None if text == BUILT_IN_POLICY else Path(text)


def one_of(*words: str) -> Callable[[Any], str]:
    """Make a reader for one of some words, in any case."""

    def read(value: Any) -> str:
        text = str(value).strip().lower()
        if text not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return text

    return read
