"""What comes by Socket Mode passes no door that refuses it: its texts are made fit for every database."""

from bot.slack.payloads import storable


def test_texts_lose_what_no_database_takes_and_nothing_else() -> None:
    body = {"a": ["Night\x00 shift", "half \ud83d pair", "ünï 😀"], "b\x00": {"n": 1, "none": None}}
    assert storable(body) == {"a": ["Night shift", "half ? pair", "ünï 😀"], "b": {"n": 1, "none": None}}
