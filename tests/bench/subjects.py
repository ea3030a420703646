"""What is measured: one process each, the bot or a rival, on a core of its own where the machine has two."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.bench.far_ends import ACCOUNT, CHANNEL, WORKSPACE, FarEnds
from tests.bench.slack_requests import SECRET
from tests.bench.tls import Tls
from tests.bench.wire import serve

HERE = Path(__file__).parent
# `npm install --prefix .artefacts/node @slack/bolt` brings what the rival on Node needs.
NODE_MODULES = HERE.parents[1] / ".artefacts" / "node" / "node_modules"
PATIENCE = 60.0
# As it is with what pip has installed: nobody compiles it at each start.
BYTECODE = Path(tempfile.gettempdir()) / "route-number-bench"
BOT = "bot"
PLAIN = "plain Bolt"
HELLO = "Bolt's hello"
NODE_HELLO = "Bolt's hello, Node"
BARE = "bare ASGI"


@dataclass
class Subject:
    """A running process, between far ends of its own."""

    name: str
    process: asyncio.subprocess.Process
    port: int
    far: FarEnds

    def cpu_seconds(self) -> float:
        """Return the processor time that it has taken so far, user and system."""
        return sum(_stat(pid) for pid in (self.process.pid, *_children(self.process.pid)))

    def resident_megabytes(self) -> float:
        """Return the memory that it holds now."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def open_files(self) -> int:
        """Return how many files and sockets it has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))


def commands(name: str) -> Sequence[str]:
    """Return the command line of a subject."""
    match name:
        case "bot":
            return sys.executable, "-m", "bot", "serve"
        case "Bolt's hello, Node":
            return "node", str(HERE / "rivals" / "bolt_hello.cjs")
        case _:
            module = {PLAIN: "plain_bolt", HELLO: "bolt_hello", BARE: "bare_asgi"}[name]
            return sys.executable, "-m", f"tests.bench.rivals.{module}"


def has_node() -> bool:
    """Say whether the rival on Node can run here."""
    return shutil.which("node") is not None and (NODE_MODULES / "@slack" / "bolt").is_dir()


@asynccontextmanager
async def running(
    name: str,
    database_url: str,
    *,
    numbers: int = 100,
    delay: float = 0,
    tls: Tls | None = None,
    arguments: Sequence[str] = (),
    **settings: str,
) -> AsyncIterator[Subject]:
    """Start a subject between far ends of its own; end it afterwards."""
    far = FarEnds(numbers, delay=delay)
    server, url = await serve(far.answer, tls.context if tls else None)
    port = _free_port()
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("SLACK_", "UPONAI_", "PYTHON"))},
        "PYTHONPYCACHEPREFIX": str(BYTECODE),
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": f"{url}/api/",
        "SLACK_APPROVAL_CHANNEL": CHANNEL,
        "UPONAI_API_TOKEN": "bench",
        "UPONAI_ACCOUNT_SID": ACCOUNT,
        "UPONAI_WORKSPACE_ID": str(WORKSPACE),
        "UPONAI_API_URL": url,
        "DATABASE_URL": database_url,
        "LOG_LEVEL": "warning",
        "LOG_FORMAT": "json",
        "NODE_PATH": str(NODE_MODULES),
        **({"SSL_CERT_FILE": str(tls.certificate)} if tls else {}),
        **settings,
    }
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            *commands(name), *arguments, env=environment, stdout=log, stderr=log, cwd=HERE.parents[1]
        )
        _pin(process.pid)
        try:
            await _listens(process, port, "/readyz" if name == BOT else "/slack/events")
            yield Subject(name, process, port, far)
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read()[-3000:].decode(errors="replace"))
            raise
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            await process.wait()
            server.close()


def pin_bench() -> None:
    """Keep the bench, and the far ends in it, off the subject's core."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, cores[1:])


def _pin(pid: int) -> None:
    cores = sorted(os.sched_getaffinity(os.getppid()) | os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(pid, cores[:1])


async def _listens(process: asyncio.subprocess.Process, port: int, path: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"It ended with {process.returncode}.")
            with suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
                answer = await reader.readline()
                writer.close()
                if answer and b" 503 " not in answer:
                    return
            await asyncio.sleep(0.005)


def _stat(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in found.split()]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
