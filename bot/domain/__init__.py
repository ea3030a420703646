"""The rules as pure values: no I/O, no clock, no framework."""
