"""Deliver the messages of the outbox: what is due, what it is about, and what became of it."""
