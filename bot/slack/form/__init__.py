"""The modal “Route a number”: its fields, its state, what is shown and what is read; no Bolt."""
