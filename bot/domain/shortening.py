"""How a text is cut where there is no room for all of it."""


def shorten(text: str, limit: int) -> str:
    """Keep the beginning of a text, at most `limit` characters with the ellipsis."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
