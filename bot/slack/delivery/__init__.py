"""How messages leave: the courier takes them from the outbox, posting sends each once."""
