"""Texts that every database takes.

A NUL fits no text column of PostgreSQL, and half of a surrogate pair is no UTF-8: SQLite's driver refuses it as well.
JSON can carry both, so every far end's answers are made fit here, at the door, before anything else sees them.
"""

import re
from typing import Any

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
