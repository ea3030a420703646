"""What `doctor` finds: one line a check, with the remedy."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How good it is."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and what came of it; the remedy is a sentence, empty where there is nothing to mend."""

    level: Level
    subject: str
    sentence: str
    remedy: str = ""

    def line(self) -> str:
        """Write it as one line."""
        words = f"{self.subject}: {self.sentence} {self.remedy}".split()
        return f"{self.level:<4}  {' '.join(words)}"


def ok(subject: str, sentence: str) -> Finding:
    """Say that all is well."""
    return Finding(Level.OK, subject, sentence)


def warn(subject: str, sentence: str, remedy: str) -> Finding:
    """Say what should be mended, although the bot works."""
    return Finding(Level.WARN, subject, sentence, remedy)


def fail(subject: str, sentence: str, remedy: str) -> Finding:
    """Say what keeps the bot from working."""
    return Finding(Level.FAIL, subject, sentence, remedy)
