"""`serve`: builds the bot from its settings, and runs it until it is stopped."""
