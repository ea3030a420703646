"""The paths of people, each driven to its last effect: open, submit, approve, deny, type-ahead."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.bench.far_ends import ALAN, number_of
from tests.bench.slack_requests import command, press, submission, suggestion
from tests.bench.subjects import Subject
from tests.bench.wire import Connection

EFFECT_WITHIN = 60.0
OK = 200


class Refused(Exception):
    """The subject answered a person with a sentence instead of doing what they asked."""


@dataclass
class Asked:
    """A change whose card stands in the channel."""

    number: str
    is_on: bool
    label: str
    card: dict[str, Any]


@dataclass
class Times:
    """Seconds from the request to Slack's answer, and to each effect."""

    answer: float
    effect: float
    put: float | None = None


@dataclass
class Driver:
    """Drives one subject over a number of connections; a number is never in two changes at once."""

    subject: Subject
    connections: list[Connection]
    serial: "count[int]" = field(default_factory=lambda: count(1))
    free: deque[str] = field(default_factory=deque)

    @classmethod
    async def to(cls, subject: Subject, connections: int, numbers: int) -> "Driver":
        """Connect."""
        made = [await Connection.to(subject.port) for _ in range(connections)]
        return cls(subject, made, free=deque(number_of(i) for i in range(numbers)))

    def close(self) -> None:
        """Hang up."""
        for connection in self.connections:
            connection.close()

    async def hello(self, on: Connection) -> Times:
        """Type the command, and be answered."""
        started = time.perf_counter()
        await self._send(on, command("", f"1.{next(self.serial)}"))
        taken = time.perf_counter() - started
        return Times(taken, taken)

    async def open(self, on: Connection) -> Times:
        """Type the command, and see the form."""
        return (await self._open(on, number_of(0)))[0]

    async def form(self, on: Connection, number: str) -> dict[str, Any]:
        """Open the form for a number, and return it."""
        return (await self._open(on, number))[1]

    async def submit(self, on: Connection) -> tuple[Times, Asked]:
        """Send a form that was opened before, and see the card."""
        number = self.free.popleft()
        return await self.send_form(on, number, await self.form(on, number))

    async def send_form(self, on: Connection, number: str, view: dict[str, Any]) -> tuple[Times, Asked]:
        """Send an open form, and see the card."""
        serial, is_on = next(self.serial), not self.subject.far.is_routed_by_time(number)
        request = submission(view, {"Time routing": "On" if is_on else "Off", "Reason": f"bench-{serial}"})
        started = time.perf_counter()
        await self._send(on, request)
        answered = time.perf_counter()
        card = await self._effect(f"card:{serial}")
        return Times(answered - started, time.perf_counter() - started), Asked(number, is_on, card["label"], card)

    async def approve(self, on: Connection, asked: Asked) -> Times:
        """Press Approve, and see the result in the thread and on the card."""
        request = press(_button(asked.card, "Approve"), asked.card, "1.approve")
        started = time.perf_counter()
        sending = asyncio.create_task(self._send(on, request))
        put = asyncio.create_task(self._at(f"put:{asked.number}:{asked.is_on}"))
        await asyncio.gather(self._effect(f"told:{asked.label}:applied"), self._effect(f"shown:{asked.label}:applied"))
        done = time.perf_counter()
        answered = await sending
        self.subject.far.effects.forget(f"put:{asked.number}:{asked.is_on}")
        self.free.append(asked.number)
        return Times(answered - started, done - started, (await put) - started)

    async def deny(self, on: Connection, asked: Asked) -> Times:
        """Press Deny, give the reason, and see it in the thread and on the card; timed from sending the reason."""
        trigger = f"1.{next(self.serial)}"
        await self._send(on, press(_button(asked.card, "Deny"), asked.card, trigger))
        view = await self._effect(f"opened:{trigger}")
        started = time.perf_counter()
        answered = await self._send(on, submission(view, {"Reason": "No"}, by=ALAN))
        await asyncio.gather(self._effect(f"told:{asked.label}:denied"), self._effect(f"shown:{asked.label}:denied"))
        self.free.append(asked.number)
        return Times(answered - started, time.perf_counter() - started)

    async def type_ahead(self, on: Connection, typed: str) -> Times:
        """Type into Number, and see what is offered."""
        view = await self.form(on, number_of(0))
        block = next(each for each in view["blocks"] if each.get("label", {}).get("text") == "Number")
        started = time.perf_counter()
        await self._send(on, suggestion(block, view, typed))
        taken = time.perf_counter() - started
        return Times(taken, taken)

    async def text(self, on: Connection, text: str) -> Times:
        """Type the command with a text that is answered to the caller alone."""
        started = time.perf_counter()
        await self._send(on, command(text, f"1.{next(self.serial)}"))
        taken = time.perf_counter() - started
        return Times(taken, taken)

    async def _open(self, on: Connection, number: str) -> tuple[Times, dict[str, Any]]:
        trigger = f"1.{next(self.serial)}"
        request = command(number, trigger)
        started = time.perf_counter()
        answered = asyncio.create_task(self._send(on, request))
        view = await self._effect(f"opened:{trigger}")
        seen = time.perf_counter()
        return Times((await answered) - started, seen - started), view

    async def _send(self, on: Connection, request: bytes) -> float:
        status, body = await on.send(request)
        if status != OK or b"error" in body:
            raise Refused(f"{self.subject.name} answered {status}: {body[:500]!r}")
        return time.perf_counter()

    async def _at(self, effect: str) -> float:
        await self._effect(effect)
        return time.perf_counter()

    async def _effect(self, name: str) -> Any:
        async with asyncio.timeout(EFFECT_WITHIN):
            return await self.subject.far.effects.of(name)


def _button(card: dict[str, Any], words: str) -> dict[str, Any]:
    for block in card["blocks"]:
        for element in block.get("elements", ()) if block["type"] == "actions" else ():
            if element["text"]["text"] == words:
                return {
                    "action_id": element["action_id"],
                    "block_id": block.get("block_id", "b"),
                    "value": element.get("value", ""),
                    "text": element["text"],
                }
    raise LookupError(f"The card has no {words}.")
