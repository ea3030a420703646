"""The policy file: read from TOML, each mistake with its place, and read again when it changes."""
