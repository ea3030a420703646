"""What can go wrong between the bot and its database."""


class StoreError(Exception):
    """The database did not do what it was asked."""


class BadDatabaseUrl(StoreError, ValueError):
    """DATABASE_URL cannot be used; the sentence never holds the URL, which can carry a password."""


class DatabaseUnavailable(StoreError):
    """The database is away, busy, or gave up waiting for a lock. Nothing was committed; trying again may help.

    Only an error while committing leaves open whether the commit took place: whoever tries again looks first.
    """


class RefusedByDatabase(StoreError):
    """A constraint or a trigger refused; `str(error)` is the database's own sentence. Nothing was committed."""


class StaleVersion(StoreError):
    """The change moved on since it was read. Nothing was saved."""


class StaleCard(StoreError):
    """The card of a change is no longer as it was read. Nothing was saved."""


class LeaseLost(StoreError):
    """Somebody else holds, or finished, what this lease was for."""
