import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.processes import free_port

ROOT = Path(__file__).parents[2]
RITA = "U07RITA4K2Q"
PHONE_ROUTING = "C07PHONE1RT"
EXAMPLES = ["RN-1 applied", "RN-2 denied", "RN-3 applied"]


class Demo:
    """`route-number demo`, driven through what its page calls."""

    def __init__(self, process: asyncio.subprocess.Process, page: httpx.AsyncClient) -> None:
        self.process = process
        self.page = page

    async def first_line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            return (await self.process.stdout.readline()).decode()

    async def state(self, person: str = RITA) -> dict[str, Any]:
        state: dict[str, Any] = (await self.page.get("/page/state", params={"as": person})).json()
        return state

    async def cards(self) -> list[str]:
        messages = (await self.state())["messages"][PHONE_ROUTING]
        return [one["text"].partition(":")[0] for one in messages if one["thread_ts"] is None]

    async def processes(self) -> dict[str, dict[str, Any]]:
        control = (await self.page.get("/page/control/state")).json()
        return {process["name"]: process for process in control["processes"]}

    async def act(self, name: str, action: str) -> None:
        answer = await self.page.post("/page/control/process", json={"name": name, "action": action})
        assert answer.is_success, answer.text

    async def type(self, text: str) -> None:
        answer = await self.page.post("/page/command", json={"as": RITA, "channel": PHONE_ROUTING, "text": text})
        assert answer.is_success, answer.text

    async def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        async with asyncio.timeout(60):
            return await self.process.wait()


@contextlib.asynccontextmanager
async def demo(folder: Path, *arguments: str, port: int | None = None, examples: str = "off") -> AsyncIterator[Demo]:
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    with (folder / "demo.err").open("wb") as err:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "demo", "--no-browser", "--port", str(port), *arguments),
            cwd=folder,
            env={**os.environ, "DEMO_EXAMPLES": examples, "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=err,
        )
    try:
        async with httpx.AsyncClient(base_url=address, headers={"origin": address}, timeout=10) as page:
            yield Demo(process, page)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.communicate()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


async def until_gone(pids: list[int]) -> None:
    async with asyncio.timeout(60):
        while any(is_alive(pid) for pid in pids):  # noqa: ASYNC110 - only one's own processes can be waited for
            await asyncio.sleep(0.05)


async def until_written(path: Path, words: str) -> None:
    async with asyncio.timeout(60):
        while not path.exists() or words not in path.read_text():  # noqa: ASYNC110, ASYNC240 - another process writes it
            await asyncio.sleep(0.05)


async def test_the_demo_comes_up_is_used_killed_and_comes_back_with_its_state(tmp_path: Path) -> None:
    port = free_port()
    async with demo(tmp_path, port=port) as first:
        assert await first.first_line() == f"The demo is ready: http://127.0.0.1:{port}/\n"
        assert (await first.page.get("/")).is_success
        await first.page.post("/page/message", json={"as": RITA, "channel": PHONE_ROUTING, "text": "Good morning"})
        await first.type("/route-number help")
        texts = [message["text"] for message in (await first.state())["messages"][PHONE_ROUTING]]
        assert any("Someone else approves" in text for text in texts)
        before = await first.processes()
        assert [process["state"] for process in before.values()] == ["running", "running"]
        await first.act("worker", "kill")
        assert (await first.processes())["worker"]["state"] == "killed"
        await first.act("worker", "restart")
        after = await first.processes()
        assert after["worker"]["state"] == "running"
        assert after["worker"]["pid"] != before["worker"]["pid"]
        # The stand-in writes its state down a moment after each change.
        await until_written(tmp_path / ".demo" / "slack.json", "Good morning")
        assert await first.stop(signal.SIGKILL) == -signal.SIGKILL
        await until_gone([process["pid"] for process in after.values()])
    async with demo(tmp_path, port=port) as second:
        assert "ready" in await second.first_line()
        texts = [message["text"] for message in (await second.state())["messages"][PHONE_ROUTING]]
        assert "Good morning" in texts
        pids = [process["pid"] for process in (await second.processes()).values()]
        assert await second.stop() == 0
        assert not any(is_alive(pid) for pid in pids)
    assert "Traceback" not in (tmp_path / "demo.err").read_text()
    async with demo(tmp_path, "--reset") as third:
        assert "ready" in await third.first_line()
        texts = [message["text"] for message in (await third.state())["messages"][PHONE_ROUTING]]
        assert "Good morning" not in texts
        assert await third.stop(signal.SIGTERM) == 0
    logs = "".join(path.read_text() for path in (tmp_path / ".demo").glob("*.log"))
    assert "Traceback" not in logs
    assert "Fatal" not in logs


async def test_a_fresh_demo_begins_with_finished_changes_and_a_second_start_adds_none(tmp_path: Path) -> None:
    for _ in range(2):
        async with demo(tmp_path, examples="on") as here:
            assert "ready" in await here.first_line()
            # On a busy machine they come while one looks.
            async with asyncio.timeout(90):
                while await here.cards() != EXAMPLES:  # noqa: ASYNC110 - another process plays them
                    await asyncio.sleep(0.1)
            assert (await here.state())["views"] == []
            assert await here.stop() == 0


async def test_a_port_in_use_and_a_second_demo_are_one_line_each(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with demo(tmp_path, port=port) as refused:
            async with asyncio.timeout(60):
                assert await refused.process.wait() == 2
    (line,) = (tmp_path / "demo.err").read_text().splitlines()
    assert line == f"Port {port} is in use by another program; choose another one with --port."
    async with demo(tmp_path) as running:
        assert "ready" in await running.first_line()
        async with demo(tmp_path) as second:
            async with asyncio.timeout(60):
                assert await second.process.wait() == 2
        assert "Another demo is running" in (tmp_path / "demo.err").read_text()


async def test_settings_for_the_real_slack_that_lie_around_do_not_reach_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("SLACK_APP_TOKEN", "DATABASE_URL", "SLACK_APPROVAL_CHANNEL")
    for name in names:
        monkeypatch.setenv(name, "nonsense")
    (tmp_path / ".env").write_text("".join(f"{name}=nonsense\n" for name in names))
    async with demo(tmp_path) as here:
        assert "ready" in await here.first_line()
        await here.type("/route-number help")
