"""What can go wrong between the bot and UponAI. `str(error)` is a sentence that people may read.

No token and no request body is ever in one; their words are shown as they are, cut at 500 characters.
"""

from datetime import timedelta


class UponAIError(Exception):
    """Any of the below."""


class Unavailable(UponAIError):
    """UponAI could not be asked: a read failed, or a write is known not to have been applied. Ask again.

    `retry_after` is how long UponAI wants to be left alone, None when it did not say.
    """

    def __init__(self, sentence: str, retry_after: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Refused(UponAIError):
    """UponAI understood and will not do it; nothing was changed. Asking again the same way is of no use."""

    def __init__(self, status: int, message: str | None) -> None:
        if message:
            sentence = f"UponAI refused this ({status}): {message}"
        else:
            sentence = f"UponAI refused this ({status}) and gave no reason."
        super().__init__(sentence)
        self.status = status
        self.message = message


class Forbidden(Refused):
    """The token may not do this. An operator has to look at the settings; asking again is of no use until then."""

    def __init__(self) -> None:
        super().__init__(403, "the token in UPONAI_API_TOKEN may not do this; the settings of the bot need a look.")


class TooLate(UponAIError):
    """A write was held up for too long before it left. Its body was not sent, so that nothing was changed."""


class Unauthorized(UponAIError):
    """The token is not accepted at all; nothing was changed. Once an operator has set a valid one, ask again."""

    def __init__(self) -> None:
        super().__init__(
            "UponAI does not accept the token in UPONAI_API_TOKEN (401); the settings of the bot need a look."
        )


class UnexpectedReply(UponAIError):
    """A read was answered with something that cannot be read."""


class OutcomeUnknown(UponAIError):
    """A write was sent, and whether it was applied is not known: look before anything is sent again."""
