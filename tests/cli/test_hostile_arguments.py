"""Arguments of any content: one clear line and exit code 2, or what was asked for; never a traceback."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.command import route_number

ODD = [
    "",
    " ",
    "-",
    "--",
    "\u202e",
    "é",
    "\udcff",
    "\x1b[2J",
    "9" * 400,
    "'; DROP TABLE changes; --",
    "%s%n",
    "../..",
    "=1",
]
words = st.sampled_from(ODD) | st.text(st.characters(exclude_characters="\0"), max_size=8)
options = st.sampled_from(["--number", "--change", "--by", "--since", "--until", "--format", "--no-such", "-x"])
lines = st.lists(st.tuples(options, words).map(list) | words.map(lambda word: [word]), max_size=3)
FUZZ = settings(max_examples=60, suppress_health_check=list(HealthCheck))


@pytest.fixture
def folder(migrated_sqlite: Path, tmp_path: Path) -> Path:
    shutil.copyfile(migrated_sqlite, tmp_path / "route-number.db")
    return tmp_path


@FUZZ
@given(lines)
def test_history_takes_any_arguments(folder: Path, parts: list[list[str]]) -> None:
    ended = route_number("history", *(word for part in parts for word in part), cwd=folder)
    assert ended.code in (0, 2), ended.err
    assert "Traceback" not in ended.err
    assert "\x1b" not in ended.out


@FUZZ
@given(st.lists(words, max_size=3))
def test_every_other_reading_command_takes_any_arguments(folder: Path, arguments: list[str]) -> None:
    for command in ("manifest", "verify-audit", "policy check", "policy explain", "no-such-command", "migrate"):
        ended = route_number(*command.split(), *arguments, cwd=folder)
        assert ended.code in (0, 1, 2), ended.err
        assert "Traceback" not in ended.err
