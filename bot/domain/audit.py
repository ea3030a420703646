"""Audit events, and the chain of hashes that shows when one was altered, removed or put elsewhere.

The hash of an event covers its content and the hash of the event before it. A chain cannot show that its tail was cut:
an export carries the head, and whoever keeps the head can tell.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One fact: who (`actor_id`, a Slack user id or `worker`), what, about which change, and from where.

    `before` and `after` are JSON values without secrets. `change_version` is the version of the change that this
    event explains; None when it explains no step (a refusal, or something that concerns no change).
    """

    at: datetime
    team_id: str
    actor_id: str
    event: str
    origin: str
    change_id: int | None = None
    change_version: int | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedEvent(AuditEvent):
    """An audit event in its place in the chain."""

    id: int
    previous_hash: str
    hash: str


def chain(event: AuditEvent, *, id: int, previous_hash: str) -> ChainedEvent:  # noqa: A002 - the column's name
    """Put an event at its place behind the event that has `previous_hash`."""
    values = {name: getattr(event, name) for name in AuditEvent.__dataclass_fields__}
    return ChainedEvent(
        **values, id=id, previous_hash=previous_hash, hash=digest(event, id=id, previous_hash=previous_hash)
    )


def digest(event: AuditEvent, *, id: int, previous_hash: str) -> str:  # noqa: A002 - the column's name
    """Return the SHA-256 over the canonical JSON of an event at its place; times in UTC with microseconds."""
    content = [
        id,
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.team_id,
        event.actor_id,
        event.event,
        event.origin,
        event.change_id,
        event.change_version,
        event.before,
        event.after,
        previous_hash,
    ]
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def canonical_json(value: object) -> str:
    """Write JSON in the one way that is hashed and stored."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Break:
    """The first event that does not fit, and why, as a sentence."""

    event_id: int
    problem: str


class Verifier:
    """Walks a chain event by event, so that a record of any length can be checked as it streams by."""

    def __init__(self) -> None:
        self.head = GENESIS
        self.count = 0

    def check(self, event: ChainedEvent) -> Break | None:
        """Take the next event in order of id; return the break when it does not fit."""
        if event.id != self.count + 1:
            return Break(event.id, f"Event {self.count + 1} is missing.")
        if event.previous_hash != self.head:
            return Break(event.id, f"Event {event.id} does not follow the event before it.")
        if event.hash != digest(event, id=event.id, previous_hash=event.previous_hash):
            return Break(event.id, f"Event {event.id} was altered.")
        self.head = event.hash
        self.count = event.id
        return None
