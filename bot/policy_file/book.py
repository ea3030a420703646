"""The policy of a running process: read at the start and whenever its file changes, the last good one kept."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.domain.rules.policy import Policy
from bot.policy_file.reading import BadPolicy, findings_of, read_text, text_of

log = structlog.get_logger(__name__)

_LOOK_EVERY_SECONDS = 1.0
_Traces = tuple[int, int, int, int] | None


@dataclass(frozen=True, slots=True)
class _Page:
    policy: Policy
    findings: tuple[str, ...] = ()


class PolicyBook:
    """Knows the policy that holds now; looks at its file at most once a second, when it is asked.

    Made from a file that cannot be used it raises BadPolicy; later such a file leaves the last good policy standing.
    """

    def __init__(self, file: Path | None, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._monotonic = monotonic
        self._problem: str | None = None
        self._traces = _traces(file)
        self._page = _read(file)
        self._looked_at = monotonic()
        _warn(self._page)

    def current(self) -> Policy:
        """Return the policy that holds now."""
        self._look()
        return self._page.policy

    @property
    def hash(self) -> str:
        """The hash of the policy that holds now."""
        return self.current().hash

    @property
    def problem(self) -> str | None:
        """Say why the file as it stands is not what holds, None when it is."""
        self._look()
        return self._problem

    @property
    def findings(self) -> tuple[str, ...]:
        """What the policy that holds says that can never hold, or that adds nothing."""
        self._look()
        return self._page.findings

    def _look(self) -> None:
        now = self._monotonic()
        if self._file is None or now - self._looked_at < _LOOK_EVERY_SECONDS:
            return
        self._looked_at = now
        # The traces are taken first: what is written while the file is read shows at the next look.
        traces = _traces(self._file)
        if traces == self._traces:
            return
        self._traces = traces
        try:
            self._page = _read(self._file)
        except BadPolicy as error:
            self._problem = f"The policy file cannot be used, and the former policy holds. {error}"
            log.warning("policy.refused", problems=error.problems, hash=self._page.policy.hash)
            return
        self._problem = None
        log.info("policy.loaded", hash=self._page.policy.hash, rules=len(self._page.policy.rules))
        _warn(self._page)


def _read(file: Path | None) -> _Page:
    if file is None:
        return _Page(Policy())
    text = text_of(file)
    policy = read_text(text)
    return _Page(policy, findings_of(policy, text))


def _warn(page: _Page) -> None:
    if page.findings:
        log.warning("policy.cannot_hold", findings=page.findings)


def _traces(file: Path | None) -> _Traces:
    """Return what tells one state of a file from the next, None where there is none."""
    if file is None:
        return None
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_size
