"""The mirror of an account: its numbers and agents as they were listed, and how whole lists are taken over."""
