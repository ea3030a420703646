"""The demo as a process of its own, and what the stand-ins behind it hold, read past the page."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from tests.e2e.processes import free_port

PEOPLE = {
    "rita": "U07RITA4K2Q",
    "alan": "U07ALAN8M5X",
    "ada": "U07ADAB3N7Z",
    "gus": "U07GUSG6P1W",
    "eve": "U09EVEE2R9Y",
    "amy": "U07AMYA5T4V",
}
PHONE_ROUTING, SUPPORT_OPS = "C07PHONE1RT", "C07SUPPORT2"
ROOT = Path(__file__).parents[2]
READY_SECONDS = 60
# Lost answers and killed workers are waited for; what others change is found when a test looks, and not in between.
PACE = {
    "DEMO_UPONAI_TIMEOUT_SECONDS": "2",
    "DEMO_WORKER_LEASE_SECONDS": "5",
    "DEMO_MIRROR_REFRESH_SECONDS": "600",
}


class DemoProcess:
    """`python -m bot demo`: the page's address, and a second look at what the page claims."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self.folder = folder
        self._numbers = itertools.count(100)
        self._http = httpx.Client(base_url=address, headers={"origin": address}, timeout=20)

    def puts(self, number: str) -> list[dict[str, Any]]:
        """Return the PUTs for a number that UponAI received, oldest first."""
        requests = self._control()["uponai"]["requests"]
        path = f"/api/numbers/{quote(number, safe='')}/agent"
        return [one for one in reversed(requests) if one["method"] == "PUT" and one["path"] == path]

    def number(self, number: str) -> dict[str, Any]:
        """Return a number as UponAI holds it."""
        found: dict[str, Any] = next(one for one in self._control()["uponai"]["numbers"] if one["number"] == number)
        return found

    def new_number(self, **fields: Any) -> str:
        """Buy a number at UponAI: what a fault does to it is in no other test's way."""
        number = f"+1206555{next(self._numbers):04}"
        self._post("uponai/number", {"number": number, **fields})
        return number

    def thread(self, label: str) -> list[str]:
        """Return the texts of what the bot told about a change, in whatever channel."""
        messages = self._http.get("/page/state", params={"as": PEOPLE["rita"]}).json()["messages"]
        return [
            message["text"]
            for channel in messages.values()
            for message in channel
            if message["thread_ts"] not in (None, message["ts"]) and label in message["text"] and message["bot"]
        ]

    def forget_people(self) -> None:
        """Restart what answers people: it knows nobody then whom it has looked up for another test."""
        self._post("process", {"name": "web", "action": "restart"})

    def calm(self) -> None:
        """Put right whatever a test left behind: faults off, channels open, processes up, no form open."""
        control = self._control()
        for stand_in in ("slack", "uponai"):
            for fault, is_on in control[stand_in]["faults"].items():
                if is_on:
                    self._post(stand_in, {"fault": fault, "on": False})
        self._post("slack/archive", {"channel": SUPPORT_OPS, "on": False})
        for process in control["processes"]:
            if process["state"] != "running":
                self._post("process", {"name": process["name"], "action": "restart"})

        for person in PEOPLE.values():
            views = self._http.get("/page/state", params={"as": person}).json()["views"]
            for view in reversed(views):
                self._http.post("/page/close", json={"as": person, "view_id": view["id"]}).raise_for_status()

    def logs(self) -> str:
        """Return the ends of the bot's logs."""
        return "\n".join(path.read_text()[-4000:] for path in sorted(self.folder.glob(".demo/*.log")))

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _control(self) -> dict[str, Any]:
        control: dict[str, Any] = self._http.get("/page/control/state").raise_for_status().json()
        return control

    def _post(self, path: str, body: dict[str, Any]) -> None:
        self._http.post(f"/page/control/{path}", json=body).raise_for_status()


@contextlib.contextmanager
def town(folder: Path, *, examples: str = "off") -> Iterator[DemoProcess]:
    """Run the demo in a folder, and end it as Ctrl-C does; `examples` are the changes that it would begin with."""
    port = free_port()
    with (
        (folder / "demo.err").open("w+b") as err,
        subprocess.Popen(
            [sys.executable, "-m", "bot", "demo", "--no-browser", "--port", str(port)],
            cwd=folder,
            env={**os.environ, **PACE, "DEMO_EXAMPLES": examples, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=err,
        ) as process,
    ):
        built = DemoProcess(f"http://127.0.0.1:{port}", folder)
        try:
            # The line stands there once all is ready; when the demo dies instead, its output ends.
            assert process.stdout is not None
            line = process.stdout.readline().decode()
            if "ready" not in line:
                raise AssertionError(f"The demo said {line!r}\n{(folder / 'demo.err').read_text()}\n{built.logs()}")
            yield built
        finally:
            built.close()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=READY_SECONDS)
