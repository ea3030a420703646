"""A stand-in of UponAI: one account, its numbers and agents, with faults on demand."""
