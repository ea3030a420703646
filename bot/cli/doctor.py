"""`doctor`: looks at everything that a running bot needs, and says how to mend what is wrong."""


def doctor() -> None:
    """Check settings, database, Slack and UponAI; one line a check."""
