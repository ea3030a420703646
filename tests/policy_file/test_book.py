import os
from pathlib import Path

import pytest

from bot.domain.rules.policy import Policy
from bot.policy_file.book import PolicyBook
from bot.policy_file.reading import BadPolicy


class Watch:
    """A clock that goes on when it is told to."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text("quorum = 2\n")
    return path


def test_a_file_that_cannot_be_used_is_refused_at_the_start(file: Path) -> None:
    file.write_text("quorum = 0\n")
    with pytest.raises(BadPolicy):
        PolicyBook(file)


def test_without_a_file_nothing_is_looked_at() -> None:
    watch = Watch()
    book = PolicyBook(None, monotonic=watch)
    watch.seconds += 10
    assert (book.current(), book.problem, book.findings) == (Policy(), None, ())


def test_an_edited_file_holds_within_a_second_of_being_asked(file: Path) -> None:
    watch = Watch()
    book = PolicyBook(file, monotonic=watch)
    before = book.hash
    file.write_text("quorum = 3 # more\n")
    watch.seconds += 0.9
    assert book.current().quorum == 2
    watch.seconds += 0.2
    assert book.current().quorum == 3
    assert book.hash != before


def test_a_file_put_in_its_place_holds_too(file: Path) -> None:
    watch = Watch()
    book = PolicyBook(file, monotonic=watch)
    other = file.with_name("other")
    other.write_text("quorum = 4\n")
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    other.replace(file)
    watch.seconds += 1
    assert book.current().quorum == 4


@pytest.mark.parametrize("text", ["quorum = 0\n", "quorum =\n", None])
def test_the_last_good_policy_holds_while_the_file_cannot_be_used(file: Path, text: str | None) -> None:
    watch = Watch()
    book = PolicyBook(file, monotonic=watch)
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    watch.seconds += 1
    assert book.current().quorum == 2
    assert (book.problem or "").startswith("The policy file cannot be used, and the former policy holds. ")
    file.write_text("quorum = 5\n")
    watch.seconds += 1
    assert (book.current().quorum, book.problem) == (5, None)


def test_a_file_that_comes_back_as_it_was_is_no_problem_any_more(file: Path) -> None:
    watch = Watch()
    book = PolicyBook(file, monotonic=watch)
    text = file.read_text()
    file.unlink()
    watch.seconds += 1
    assert book.problem is not None
    file.write_text(text)
    watch.seconds += 1
    assert book.problem is None


def test_what_can_never_hold_is_known_and_keeps_nobody_from_starting(file: Path) -> None:
    file.write_text('[[rules]]\nname = "a"\nquorum = 2\napprovers = { people = ["U1"] }\n')
    book = PolicyBook(file)
    assert book.findings == ("rules[0].approvers (line 4): “a” asks for 2 approvals and lists one person.",)
