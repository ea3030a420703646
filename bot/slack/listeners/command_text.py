"""A command's text as it was written, before Slack escaped it."""

import re

from bot.domain.number import without_invisible

# `<tel:+493012345678|030 12345678>`, as people's clients link what looks like a number or an address.
_LINK = re.compile(r"<((?:tel|sips?|https?|mailto):[^|<>]*)(?:\|([^<>]*))?>")


def as_written(text: str) -> str:
    """Undo what Slack does to a command's text when it is asked to escape: links around numbers, and three escapes."""
    unlinked = _LINK.sub(lambda match: match[2] or match[1], text)
    return without_invisible(unlinked.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
