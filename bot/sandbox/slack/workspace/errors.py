"""The ways in which the stand-in refuses: the app with Slack's codes, a person with a sentence."""

from typing import Any


class SlackError(Exception):
    """An answer with `ok: false`, a code of Slack's and whatever else Slack puts beside it."""

    def __init__(self, code: str, **extra: Any) -> None:
        """Refuse with `code`."""
        super().__init__(code)
        self.code = code
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """Give the answer's JSON."""
        return {"ok": False, "error": self.code, **self.extra}


def invalid(code: str, messages: list[str]) -> SlackError:
    """Refuse content, with Slack's explanations."""
    lines = [f"[ERROR] {message}" for message in messages]
    extra: dict[str, Any] = {"response_metadata": {"messages": lines}}
    if code == "invalid_blocks":
        extra["errors"] = messages
    return SlackError(code, **extra)


class CannotDo(Exception):
    """Something that Slack's own client would not let this person do, as a sentence."""


class NotDelivered(Exception):
    """The app did not take a delivery, with Slack's name for why."""

    def __init__(self, code: str, detail: str) -> None:
        """Keep the code that a slash command shows and the sentence that a button shows."""
        super().__init__(detail)
        self.code = code
        self.detail = detail
