"""The bot as processes of its own, which cost no imports: one process has everything loaded, and forks."""
