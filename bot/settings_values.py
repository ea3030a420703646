"""How the text of a setting is read where a constraint of its field cannot say it.

Each function returns the value, or raises what the setting must be.

The sentence fragments follow the variable's name ("PORT must be …") and never contain what was given.
"""

import math
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import phonenumbers
from pydantic import SecretStr

BUILT_IN_POLICY = "built-in"

_LONGEST = timedelta(days=3650)
_PRINTABLE = re.compile(r"[\x21-\x7e]+")


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


def digits(value: Any) -> str:
    """Read a whole number in plain digits; an integer's own reader would take 3000.0 and 3_000 as well."""
    text = str(value).strip()
    if not (text.isascii() and text.isdigit()):
        raise ValueError("must be a whole number")
    return text


def word(value: Any) -> str:
    """Read one of some words, in any case."""
    return str(value).strip().lower()
