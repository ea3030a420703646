"""Policy files that somebody wrote to break the bot: each is read, or refused with lines that name a place.

`HOSTILE_EXAMPLES=10000` makes the runs long.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.rules.policy import Policy
from bot.policy_file.reading import BadPolicy, findings_of, read_policy, read_text
from tests.policy_file.test_reading import WHOLE

EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "100"))
FUZZ = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
LINES = [line for line in WHOLE.splitlines() if line.strip()]
VALUES = [
    "1", "-1", "true", "nan", "inf", "-inf", "9" * 400, "0x7f", "1e400", '""', '"\\u202e"', '"\\u0000"', '"*"', "'*'",
    "[]", "[[]]", "{}", "[{}]", '["U1"]', '["\\ud83d"]', "1979-05-27", "07:32:00", "9999-12-31T23:59:59Z",
    '"24:01"', '"Europe/Nowhere"', '"../../etc/passwd"', '"/etc/passwd"', '"99999999999999d"', '"0s"', '"2d2d"',
    '"' + "x" * 5000 + '"', "[" * 500 + "]" * 500, '"' + "*" * 300 + '"', '"""\n\n"""', '"=1+1"', "'<!channel>'",
]  # fmt: skip


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    """Give keys of a real file other values, and put lines out, twice, or elsewhere."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["value", "drop", "twice", "move", "key"])):
            case "value":
                lines[at] = f"{lines[at].partition('=')[0] or 'quorum'} = {draw(st.sampled_from(VALUES))}"
            case "drop" if len(lines) > 1:
                del lines[at]
            case "twice":
                lines.insert(at, lines[at])
            case "move":
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
            case _:
                lines[at] = f"{draw(st.text(max_size=4))}{lines[at]}"
    return "\n".join(lines)


def problems_of(text: str) -> tuple[str, ...] | None:
    """Read a file; return what is wrong with it, None when nothing is."""
    try:
        policy = read_text(text)
    except BadPolicy as refused:
        return tuple(refused.problems)
    assert isinstance(policy, Policy)
    assert all(isinstance(each, str) for each in findings_of(policy, text))
    return None


def is_told(problems: tuple[str, ...] | None) -> bool:
    """Say whether all is well, or a few lines on a terminal say what is not."""
    return problems is None or (
        0 < len(problems) < 100 and all(problem.isprintable() and len(problem) < 700 for problem in problems)
    )


@FUZZ
@given(spoiled())
def test_a_spoiled_file_is_read_or_refused_with_its_places(text: str) -> None:
    assert is_told(problems_of(text))


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize(
    "key", ["quorum", "expires_after", "denial", "names", "rules", "[[rules]]\nname", "\u202ename"]
)
def test_any_value_of_any_key_is_read_or_refused(key: str, value: str) -> None:
    assert is_told(problems_of(f"{key} = {value}\n"))


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"\x00", b"\xef\xbb\xbfquorum = 2\n", b"a" * 3_000_000, b"[[rules]]\n" * 20_000]
)
def test_any_bytes_of_a_file_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "policy.toml"
    file.write_bytes(content)
    problems = None
    try:
        read_policy(file)
    except BadPolicy as refused:
        problems = tuple(refused.problems)
    assert is_told(problems)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "x" / "y", Path("/dev/null/x")):
        with pytest.raises(BadPolicy):
            read_policy(path)
