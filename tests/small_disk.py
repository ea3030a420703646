"""A disk of two megabytes, which a test can fill and make read-only; skipped where mounting is not allowed."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class SmallDisk:
    """A file system of its own in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self) -> None:
        """Leave not one byte free."""
        with (self.path / "filler").open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        with (self.path / "filler").open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x")

    def make_room(self) -> None:
        """Free what was filled."""
        (self.path / "filler").unlink()

    def only_read(self) -> None:
        """Let nobody write any more, root neither."""
        _mount("-o", "remount,ro", str(self.path))


@contextmanager
def small_disk(path: Path) -> Iterator[SmallDisk]:
    """Mount one at a folder that does not exist yet."""
    path.mkdir()
    if shutil.which("mount") is None:
        pytest.skip("There is no mount on this machine.")
    problem = _mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(path))
    if problem:
        pytest.skip(f"This user may not mount anything: {problem}")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def _mount(*arguments: str) -> str:
    ended = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    return ended.stderr.strip() if ended.returncode else ""
