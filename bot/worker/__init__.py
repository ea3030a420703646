"""The loops that take due work and carry it out."""
