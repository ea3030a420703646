"""Texts that every database takes.

A NUL fits no text column of PostgreSQL, and half of a surrogate pair is no UTF-8: SQLite's driver refuses it as well.
JSON can carry both, so every far end's answers are made fit here, at the door, before anything else sees them.
"""

import re
from typing import Any

# The escapes by which JSON can carry such a character; those of whole pairs as well, which a parsed text does not show.
SUSPICIOUS_ESCAPES = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
REPLACEMENT = "\ufffd"
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(value: Any) -> Any:
    """Return parsed JSON with each character that cannot be stored replaced. Raises RecursionError when it is deep.

    Two texts can become the same one by this: an identifier that holds REPLACEMENT names nothing any more.
    """
    if isinstance(value, str):
        return _UNSTORABLE.sub(REPLACEMENT, value)
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    return value


def is_storable_text(text: str) -> bool:
    """Say whether a text holds no such character."""
    return _UNSTORABLE.search(text) is None
