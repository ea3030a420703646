"""Socket Mode: the app's connections, the envelopes that go to one of them, their acknowledgements."""

import asyncio
import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.sandbox.slack.delivery.courier import Kind
from bot.sandbox.slack.workspace.errors import NotDelivered, SlackError

CONNECTIONS_MOST = 10
_TICKET_SECONDS = 30.0
_TOO_MANY, _POLICY_VIOLATION = 1013, 1008


@dataclass(eq=False)
class _Connection:
    socket: WebSocket
    number: int
    envelopes: int = 0
    is_leaving: bool = False
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def send(self, message: dict[str, Any]) -> None:
        async with self.sending:
            await self.socket.send_text(json.dumps(message))


class SocketMode:
    """The open connections; each envelope goes to exactly one of them."""

    def __init__(self, app_id: str, now: Callable[[], float], changed: Callable[[], None]) -> None:
        """Serve the connections of the app `app_id`; call `changed` when one comes or goes."""
        self._changed = changed
        self._app_id = app_id
        self._now = now
        self._tickets: dict[str, float] = {}
        self._connections: list[_Connection] = []
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._opened = 0

    @property
    def connections(self) -> int:
        """Count the open connections that take envelopes."""
        return sum(not connection.is_leaving for connection in self._connections)

    def ticket(self) -> str:
        """Hand out the right to open one connection soon."""
        if self.connections >= CONNECTIONS_MOST:
            raise SlackError("too_many_websockets")
        ticket = str(uuid.uuid4())
        self._tickets[ticket] = self._now() + _TICKET_SECONDS
        return ticket

    async def serve(self, socket: WebSocket) -> None:
        """Hold one connection until it ends."""
        # An address is good for one try, also for one that fails.
        expires_at = self._tickets.pop(socket.query_params.get("ticket", ""), 0.0)
        if expires_at < self._now():
            # Before it is accepted: this is an answer of HTTP, 403.
            await socket.close(_POLICY_VIOLATION)
            return
        await socket.accept()
        if self.connections >= CONNECTIONS_MOST:
            await socket.close(_TOO_MANY)
            return
        self._opened += 1
        connection = _Connection(socket, self._opened)
        self._connections.append(connection)
        try:
            await connection.send(self._hello())
            self._changed()
            while True:
                self._receive(await socket.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            # Starlette raises RuntimeError when the other end went between two messages.
            pass
        finally:
            if connection in self._connections:
                self._connections.remove(connection)
            self._changed()

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": self.connections,
            "debug_info": {"host": "stand-in", "approximate_connection_time": 3600},
            "connection_info": {"app_id": self._app_id},
        }

    def _receive(self, text: str) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            return
        waiting = self._waiting.get(message.get("envelope_id", "")) if isinstance(message, dict) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(message.get("payload"))

    async def carry(self, kind: Kind, body: dict[str, Any]) -> Any:
        """Send an envelope over any one connection, and wait for its acknowledgement."""
        ready = [connection for connection in self._connections if not connection.is_leaving]
        if not ready:
            raise NotDelivered("dispatch_failed", "This app could not be reached.")
        connection = secrets.choice(ready)
        envelope_id = str(uuid.uuid4())
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = answer
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": body,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope.update(retry_attempt=0, retry_reason="")
        try:
            connection.envelopes += 1
            await connection.send(envelope)
            payload = await answer
        except (WebSocketDisconnect, RuntimeError) as exc:
            raise NotDelivered("dispatch_failed", "This app could not be reached.") from exc
        finally:
            self._waiting.pop(envelope_id, None)
        return payload or None

    def envelopes_by_connection(self) -> dict[int, int]:
        """Count what each open connection was given, for tests of several replicas."""
        return {connection.number: connection.envelopes for connection in self._connections}

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to come anew and close it, as Slack does every few hours."""
        for connection in list(self._connections):
            connection.is_leaving = True
            message = {"type": "disconnect", "reason": reason, "debug_info": {"host": "stand-in"}}
            try:
                await connection.send(message)
                await connection.socket.close()
            except RuntimeError:
                continue
