"""What the stand-in answers to a call that it does not take."""


class Refusal(Exception):
    """A call is refused with this status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
